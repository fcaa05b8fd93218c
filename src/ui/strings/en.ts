import type { ParticipantState, RunPhase } from '../../core/federation/run-view.ts';
import type { RoundEnd, RoundStep } from '../../core/session/session-view.ts';
import type { SampleStyleId } from '../../app/sample-styles.ts';
import type { Format } from '../format.ts';

/** Every word on both pages. Sentences say what happened, to whom and what now. Other languages satisfy `Strings`. */
export function en(f: Format) {
  const tabs = (n: number): string => (n === 1 ? '1 tab' : `${f.integer(n)} tabs`);
  const rounds = (n: number): string => (n === 1 ? '1 round' : `${f.integer(n)} rounds`);
  const updates = (n: number): string => (n === 1 ? '1 update' : `${f.integer(n)} updates`);
  return {
    language: 'English',
    engines: { webgpu: 'WebGPU', wasm: 'WebAssembly', reference: 'JavaScript (slower, same result)' },
    chrome: {
      skip: 'Skip to the content',
      lab: 'Circuit lab',
      theme: 'Theme',
      themes: { light: 'Light', dark: 'Dark', auto: 'Auto' },
      languageLabel: 'Language',
      unknown: 'not known yet',
      showTable: 'As a table',
      showChart: 'As a chart',
      showList: 'As a list',
      showPicture: 'As a picture',
      tryAgain: 'Try again',
    },
    connection: {
      offline: 'Not connected',
      connecting: 'Connecting',
      securing: 'Securing the channel',
      connected: 'Connected',
      refused: 'Refused by the relay',
      left: 'Left the round',
      relayGone: 'Relay not reachable',
      relaySeen: 'Relay reachable',
      retryIn: (ms: number) => `next try in ${f.duration(ms)}`,
    },
    hero: {
      headline: 'Train together. Your text stays in this tab.',
      lead: 'Everyone who has this page open teaches one small language model. Your tab learns from your text right here and sends back only a sealed, noised update.',
      looking: 'Looking for the round…',
      relayGone: 'The relay does not answer right now. This page keeps asking.',
      state: (phase: RunPhase, round: number, people: number): string => {
        if (phase === 'finished') return `The run is finished after ${rounds(round)}.`;
        if (phase === 'stopped') return 'The organiser has stopped the run.';
        if (people === 0) return 'Nobody is here yet. Be the first tab.';
        if (phase === 'gathering') return `${tabs(people)} here; round ${round + 1} starts soon.`;
        const verb = phase === 'merging' ? 'is merging the updates of' : 'is training with';
        return `Round ${round} ${verb} ${tabs(people)}.`;
      },
      join: 'Join the round',
      joining: 'Joining…',
      rejoin: 'Join again',
      note: (text: string) => `No account. Starts with ${text}; you can use your own below.`,
      noteOwn: (text: string) => `No account. Trains on ${text}, which stays here.`,
      sampleText: 'sample text',
      leaves: 'What leaves this tab',
      leavesText: 'One update per round: clipped, noised, then sealed with ML-KEM-768 + X25519. Never your text.',
      costs: 'What it costs',
      costsText: 'A download of a few megabytes, then one processor core while a round trains.',
      stop: 'How to stop',
      stopText: 'Pause, leave or close the tab whenever you like. Training also stops at your privacy budget.',
    },
    tab: {
      title: 'My tab',
      knownAs: (name: string) => `On the big screen you are “${name}”.`,
      returning: (name: string) => `Welcome back. On the big screen you are still “${name}”.`,
      pause: 'Pause',
      resume: 'Continue',
      leave: 'Leave',
      leaveTitle: 'Leave the round?',
      leaveText: 'This tab stops training. It stays the same participant: join again whenever you like.',
      leaveForget: 'Leave and delete everything stored here',
      cancel: 'Stay',
      round: (n: number) => `Round ${n}`,
      noRound: 'Waiting for the first invitation',
      timeLeft: (seconds: number) => `${f.duration(seconds * 1000)} left`,
      overdue: 'Time is up; waiting for the relay',
      localStep: (step: number, steps: number) => `Step ${f.integer(step)} of ${f.integer(steps)}`,
      progress: 'Way through this round',
      steps: {
        invited: 'Invited',
        training: 'Training',
        sealing: 'Sealing',
        sent: 'Sent',
        merged: 'Merged',
      } satisfies Record<RoundStep, string>,
      marks: { done: 'done', now: 'now', next: 'to come', missed: 'not this time' },
      ends: {
        merged: 'Merged: your update is in the new model.',
        committed: 'The round was merged without this tab’s update.',
        abandoned: 'The round was abandoned; too few updates arrived in time.',
        stopped: 'The round closed before this tab had finished.',
        failed: 'This tab could not finish the round.',
        declined: 'This tab sat the round out.',
      } satisfies Record<RoundEnd, string>,
      merged: (n: number) => (n === 0 ? 'No round merged yet' : `${rounds(n)} merged`),
      lossTitle: 'Training loss in this tab',
      lossEmpty: 'The line starts with the first training step.',
      lossSentence: (first: number, last: number, change: number) =>
        `From ${f.decimal(first, 2)} to ${f.decimal(last, 2)} nats per token (${change <= 0 ? 'down' : 'up'} ${f.percent(Math.abs(change))}).`,
      engineLine: (engine: string, tokens: string) => `${engine}, ${tokens} tokens/s`,
      modelLoading: (share: string) => `Fetching the model: ${share}`,
      life: {
        closed: 'Not joined.',
        opening: 'Opening this tab’s storage and identity.',
        ready: 'Ready to join.',
        left: 'You have left. Nothing is sent any more.',
        joining: 'Joining the round.',
        joined: 'You are in.',
        paused: 'Paused. Nothing trains and nothing is sent until you continue.',
        'budget-spent': 'Your privacy budget is spent, so this tab has stopped training. It still receives the model.',
        finished: (n: number) =>
          `The run is finished after ${rounds(n)}. Thank you. Your adapter is ready to download.`,
      },
      doing: {
        fetching: 'Fetching the model.',
        reading: 'Reading your text.',
        keys: 'Agreeing on keys with the relay.',
        connecting: 'Connecting to the relay.',
        unreachable: 'The relay is out of reach. This tab keeps trying and loses nothing meanwhile.',
        waiting: 'You are in. Waiting for the next round.',
        invited: (n: number) => `Invited to round ${n}.`,
        training: (n: number) => `Training in round ${n}, on your text only.`,
        sealing: (n: number) => `Sealing the update of round ${n}.`,
        sending: (n: number) => `Sending the update of round ${n}.`,
        sent: (n: number) => `The relay has the update of round ${n}. Waiting for the others.`,
        merged: (n: number) => `Round ${n} is merged.`,
      },
      announceStep: (round: number, step: string) => `Round ${round}: ${step}.`,
    },
    text: {
      title: 'Your text',
      intro: 'Your tab trains on it here. It is never uploaded.',
      drop: 'Drop text files or a folder here',
      dropNow: 'Let go to use these files',
      files: 'Choose files',
      folder: 'Choose a folder',
      paste: 'Paste text',
      pasteLabel: 'Text to train on',
      pasteUse: 'Use this text',
      pasteCancel: 'Cancel',
      pastedName: 'pasted text',
      sample: 'Sample text',
      sampleStyle: 'Or sample text in the style',
      sampleUse: 'Use sample',
      styles: {
        pirate: { name: 'Pirate talk', text: 'Threats, treasure and rum, shouted over the deck.' },
        telegram: { name: 'Telegrams', text: 'Short messages in capitals.' },
        recipe: { name: 'Recipe cards', text: 'Amounts, steps and oven temperatures.' },
        court: { name: 'Court record', text: 'Questions, answers and objections of a hearing.' },
        'weather-log': { name: 'Weather log', text: 'Wind, pressure and sky, line by line.' },
        rhyme: { name: 'Fairy tales in rhyme', text: 'Knights, dragons and spells in couplets.' },
        'ship-log': { name: 'Ship’s log', text: 'Position, sails and watches of a tall ship.' },
        chess: { name: 'Chess commentary', text: 'Moves of a game with remarks.' },
        ticker: { name: 'Sports ticker', text: 'A football match, minute by minute.' },
        radio: { name: 'Tower radio', text: 'Pilots and controllers on the radio.' },
      } satisfies Record<SampleStyleId, { name: string; text: string }>,
      keep: 'Keep a copy in this browser, so that a reload continues',
      chosen: (name: string, size: string | null) =>
        `Chosen: ${name}${size === null ? '' : ` (${size})`}. It is read when you join.`,
      ready: (name: string, tokens: number, examples: number, heldBack: number) =>
        `${name}: ${f.integer(tokens)} tokens, ${f.integer(examples)} examples to train on, ${f.integer(heldBack)} held back to measure.`,
      refused: (name: string, reason: string) => `${name}: ${reason}`,
      preview: 'How it begins',
      tooLarge: (size: string, limit: string) =>
        `That is ${size} of text; a tab takes at most ${limit}. Choose fewer files.`,
      noFiles: 'No readable files were in there.',
      unreadable: (name: string) => `${name} could not be read. Was it moved or is it not allowed?`,
      change: 'Change text',
    },
    left: {
      title: 'What left this tab',
      empty: 'Nothing yet. The first update leaves at the end of your first round; each one is listed here.',
      total: (bytes: string, count: number) => `${bytes} in ${updates(count)}.`,
      sealed: 'Sealed size',
      plain: 'Before sealing',
      clip: 'Clip norm',
      noise: 'Noise',
      noiseValue: (sigma: number) => (sigma === 0 ? 'off' : `σ = ${f.decimal(sigma, 2)} × clip norm`),
      noiseOff: 'Noise is off in this run: updates are clipped and sealed, but not private.',
      suite: 'Sealed with',
      accepted: 'on the relay’s disk',
      pending: 'waiting for the relay',
      showBytes: 'Show the bytes',
      hideBytes: 'Hide the bytes',
      bytesNote: (shown: number, all: string) => `First ${shown} of ${all}, exactly as sent:`,
      how: 'How an update is made',
      strip: [
        { title: 'Read here', text: 'Your text becomes tokens inside this tab. It goes no further.' },
        {
          title: 'Clip',
          text: 'Each example may pull on the model only so far: its gradient is cut to the clip norm.',
        },
        { title: 'Add noise', text: 'Random noise hides what any single example did.' },
        { title: 'Seal and send', text: 'The sum is sealed for the relay. Only the sealed bytes leave.' },
      ],
      robust:
        'The relay opens each sealed update and sees these clipped, noised numbers; that is how it can catch poisoned ones.',
    },
    privacy: {
      title: 'Privacy budget',
      epsilon: 'Epsilon spent',
      value: (spent: number, limit: number) => `ε ${f.decimal(spent, 2)} of ${f.decimal(limit, 1)}`,
      atDelta: (delta: string) => `at δ = ${delta}`,
      left: (n: number) => `At this rate ${n === 1 ? '1 more round' : `${f.integer(n)} more rounds`}.`,
      spent: 'The budget is spent. This tab has stopped training by itself.',
      near: 'Nearly spent: training stops by itself at the limit.',
      unlimited: 'Noise is off in this run, so epsilon is infinite: the updates carry no privacy guarantee.',
      unknown: 'Counted from your first round on. Training stops by itself at the limit.',
      what: 'Smaller is more private. Epsilon bounds how much anyone could learn about one of your examples from everything this tab has sent.',
    },
    model: {
      title: 'The shared model',
      empty: 'The chart appears with the first measured round.',
      accuracy: 'Next token right',
      loss: 'Loss',
      lossUnit: 'nats per token',
      probe: 'on the relay’s own test text',
      yours: 'on your held-back text',
      sentence: (first: number, last: number, change: number) =>
        `Loss went from ${f.decimal(first, 3)} to ${f.decimal(last, 3)}, ${change <= 0 ? 'down' : 'up'} ${f.percent(Math.abs(change), 1)}.`,
      one: 'One measurement so far; the line starts with the second.',
      round: 'Round',
      roundOf: (n: number, max: number) => `Round ${f.integer(n)} of ${f.integer(max)}`,
      download: 'Download adapter',
      downloading: 'Preparing…',
      downloadNote: 'Two files, PEFT layout: adapter_model.safetensors and adapter_config.json.',
      downloadFailed: (why: string) => `The adapter could not be saved: ${why}`,
    },
    write: {
      title: 'Let it write',
      label: 'Beginning of the text',
      placeholder: 'The old lighthouse',
      go: 'Write',
      stop: 'Stop',
      before: 'Before: the base model',
      after: (version: number | null) =>
        version === null ? 'After: with the adapter' : `After: with ${rounds(version)} merged`,
      emptyBefore: 'What the model wrote before anyone trained it appears here.',
      emptyAfter: 'What it writes now appears here, side by side.',
      writing: 'writing…',
      needsModel: 'Join first: the model is fetched when you join.',
    },
    health: {
      title: 'Inside this tab',
      summary: (ok: boolean, failures: number) =>
        failures === 0
          ? ok
            ? 'All workers are well.'
            : 'Not started.'
          : failures === 1
            ? '1 message'
            : `${f.integer(failures)} messages`,
      engines: 'Engines',
      training: 'Training engine',
      speed: 'Speed',
      tokensPerSecond: (n: number) => `${f.integer(n)} tokens/s`,
      memory: 'Memory for the model',
      quantum: 'Quantum simulator',
      simulated: 'simulated on this device',
      fidelity: 'Verification circuit',
      fidelityValue: (fidelity: number, qubits: number, gates: number) =>
        `fidelity ${f.decimal(fidelity, 4)} (${f.integer(qubits)} qubits, ${f.integer(gates)} gates)`,
      amplitudes: (n: number) => `${f.compact(n)} amplitudes/s`,
      crypto: 'Cryptography',
      cryptoKinds: { webcrypto: 'built into the browser (WebCrypto)', noble: 'noble, in JavaScript' },
      workers: 'Workers',
      workerNames: { training: 'Training', vault: 'Keys and protocol', quantum: 'Quantum' },
      alive: 'running',
      dead: 'stopped',
      restarts: (n: number) =>
        n === 0 ? 'never restarted' : n === 1 ? 'restarted once' : `restarted ${f.integer(n)} times`,
      answered: (ms: number) => (ms < 1 ? 'answers at once' : `answered in ${f.duration(ms)}`),
      traffic: 'Traffic and queue',
      sentBytes: 'Sent',
      receivedBytes: 'Received',
      queued: 'Updates waiting',
      jobs: 'Jobs in the training worker',
      roundTrip: 'Round trip to the relay',
      storage: 'Storage',
      durable: 'kept in this browser',
      memoryOnly: 'only until this tab closes',
      rounds: 'Rounds in this tab',
      noRounds: 'No finished round yet.',
      columns: {
        round: 'Round',
        end: 'Outcome',
        trained: 'Trained',
        sealed: 'Sealed',
        acknowledged: 'Acknowledged',
        total: 'In all',
      },
      ends: {
        merged: 'merged',
        committed: 'without us',
        abandoned: 'abandoned',
        stopped: 'too late',
        failed: 'failed',
        declined: 'sat out',
      } satisfies Record<RoundEnd, string>,
      failures: 'Messages',
      noFailures: 'Nothing went wrong so far.',
      forget: 'Delete everything this participant stored here',
      forgetTitle: 'Delete everything stored here?',
      forgetText:
        'Identity, privacy journal and kept text are deleted. You come back as a new participant. This cannot be undone.',
      forgetYes: 'Delete',
    },
    people: {
      title: 'People',
      sentence: (present: number, training: number) =>
        present === 0
          ? 'Nobody is here right now.'
          : training === 0
            ? `${tabs(present)} here.`
            : `${tabs(present)} here, ${f.integer(training)} at work in this round.`,
      states: {
        waiting: 'waiting',
        invited: 'invited',
        training: 'training',
        sealing: 'sealing',
        sent: 'sent',
        merged: 'merged',
        paused: 'paused',
        away: 'away',
        excluded: 'left out',
      } satisfies Record<ParticipantState, string>,
      list: 'List of all tabs',
      you: 'you',
      picture: (summary: string) => `Picture of all tabs around the relay: ${summary}.`,
      count: (n: number, state: string) => `${f.integer(n)} ${state}`,
      more: (n: number) => `and ${f.integer(n)} more`,
      joined: (n: number) => `${f.integer(n)} joined.`,
      gone: (n: number) => `${f.integer(n)} left.`,
      pausePicture: 'Pause picture',
      noCanvas: 'This browser cannot draw the picture in the background; here is the list.',
      still: 'The picture stands still, as this device asks.',
    },
    notices: {
      insecure:
        'This page was opened over plain http from another machine. Browsers then switch off cryptography, so this tab cannot join. Open the https link of the relay, or ask the organiser to start it with --tls-cert and --tls-key.',
      noWasm:
        'This browser cannot run WebAssembly with SIMD, which training needs. A current Chrome, Edge, Firefox or Safari can.',
      noWorkers:
        'This browser cannot start module workers, which training needs. A current Chrome, Edge, Firefox or Safari can.',
      noWebgpu:
        'No WebGPU here: training is not affected; the quantum simulator runs on the processor, slower and with the same result.',
      noShared:
        'The page is not cross-origin isolated, so SharedArrayBuffer is off. Everything works, with a little more copying.',
      noStorage:
        'This browser keeps no data for this page (private window?). You can take part, but a reload makes you a new participant.',
      relayGone: (age: string) => `The relay has not answered for ${age}. This tab keeps trying and loses nothing.`,
      second: 'Another tab of this browser is already this participant.',
      takeOver: 'Continue here instead',
      ownIdentity: 'Join as a second participant',
      replaced: 'This participant continues in another tab.',
      failedStart: (why: string) => `The participant could not be started: ${why}`,
    },
    audience: {
      loading: 'Asking the relay for the run…',
      failed: 'The relay does not answer. This screen keeps asking and goes on by itself.',
      stale: (age: string) => `${age} old`,
      roundOf: (n: number, max: number) => `Round ${f.integer(n)} of ${f.integer(max)}`,
      phases: {
        gathering: 'Gathering',
        training: 'Training',
        merging: 'Merging',
        finished: 'Finished',
        stopped: 'Stopped',
      } satisfies Record<RunPhase, string>,
      phaseSentence: (phase: RunPhase, accepted: number, invited: number): string => {
        if (phase === 'training') return `${f.integer(accepted)} of ${updates(invited)} in`;
        if (phase === 'gathering') return 'waiting for tabs';
        if (phase === 'merging') return `merging ${updates(accepted)}`;
        return phase === 'finished' ? 'all rounds are done' : 'stopped by the organiser';
      },
      phaseLabel: 'Time used in this phase',
      left: (seconds: number) => `${f.duration(seconds * 1000)} left`,
      quorum: (n: number) => `needs ${f.integer(n)}`,
      quality: 'Is it getting better?',
      accuracy: 'next token right',
      loss: 'loss (nats per token)',
      lossEmpty: 'The first measurement comes with the first merged round.',
      lossSentence: (first: number, last: number, change: number) =>
        `Loss ${f.decimal(first, 3)} → ${f.decimal(last, 3)}, ${change <= 0 ? 'down' : 'up'} ${f.percent(Math.abs(change), 1)}`,
      privacy: 'Is it private?',
      epsilon: (spent: number, limit: number) => `ε ${f.decimal(spent, 2)} of ${f.decimal(limit, 1)}`,
      epsilonNote: (delta: string) => `highest, at δ = ${delta}`,
      epsilonOff: 'Noise is off: epsilon is infinite, no privacy guarantee.',
      robust: 'Robust mode: the relay sees each clipped, noised update after opening it.',
      quantum: 'Quantum check',
      quantumNote: (n: number) => `simulated, mean of ${tabs(n)}`,
      quantumNone: 'No tab has run the verification circuit yet. It is simulated.',
      people: 'Who is here?',
      feed: 'What happened',
      feedEmpty: 'Joins, merges and problems appear here, newest first.',
      severities: { info: 'Note', good: 'Good', warning: 'Warning', error: 'Problem' },
      timeline: 'Rounds',
      timelineEmpty: 'Each finished round becomes a bar here.',
      roundSummary: (
        round: number,
        outcome: string,
        accepted: number,
        invited: number,
        loss: number | null,
        took: string,
      ) =>
        `Round ${round} ${outcome}: ${f.integer(accepted)} of ${updates(invited)}${loss === null ? '' : `, loss ${f.decimal(loss, 3)}`}, ${took}`,
      outcomes: { open: 'open', committed: 'merged', abandoned: 'abandoned' },
      join: 'Join in',
      joinNote: 'Scan with your phone or open',
      qr: (url: string) => `QR code of ${url}`,
      tokens: (n: string) => `${n} tokens/s in all tabs`,
    },
  };
}

export type Strings = ReturnType<typeof en>;
