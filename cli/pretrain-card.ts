export interface PretrainReport {
  readonly parameters: number;
  readonly characters: number;
  readonly tokens: number;
  readonly steps: number;
  readonly rate: number;
  readonly seed: number;
  readonly seconds: number;
  readonly positions: number;
  /** Nats per token, running mean over the last hundred steps or so. */
  readonly trainingLoss: number;
  /** On generated text of another seed. */
  readonly heldBack: number;
  readonly styles: readonly { readonly title: string; readonly loss: number }[];
  /** The first is greedy, the others at temperature 0.7. */
  readonly samples: readonly string[];
  readonly hashes: Readonly<Record<string, string>>;
}

/** README.md of the model folder. */
export function modelCard(report: PretrainReport): string {
  const millions = (count: number): string => `${(count / 1e6).toFixed(1)} million`;
  return `# plaquette-1m

A Llama-architecture language model with ${report.parameters.toLocaleString('en')} parameters, made for Plaquette: small enough for a phone to adapt, trained on text that the project writes itself.

| | |
| --- | --- |
| Shape | 4 layers, width 128, 4 heads of 32 with 2 key/value heads, feed-forward 384, context 256, rope base 10,000, tied embeddings |
| Vocabulary | 1,024 byte-level byte pairs, \`<s>\` 0 and \`</s>\` 1; every text can be encoded |
| Files | \`model.safetensors\` (F16), \`config.json\`, \`tokenizer.json\` in Hugging Face's layout |
| Licence | MIT, like the project; the training text contains nothing written by others |

## Data

${millions(report.characters)} characters (${millions(report.tokens)} tokens) from the seeded generator in \`src/core/corpus\`: stories, conversations, letters, facts, diaries, descriptions, advice, notices and signs about twelve topics. The styles in \`styles.ts\` are left out on purpose: they are what participants teach it.

## Training

${report.steps.toLocaleString('en')} steps of 1,024 tokens (${millions(report.positions)} positions), Adam with gradient norm at most 1, learning rate ${report.rate} falling on a cosine to a tenth, windows of 128 and 256 tokens. ${Math.round(report.seconds / 60)} minutes on one core with the project's own WASM kernels.

Mean loss in nats per token:

| Text | Loss |
| --- | --- |
| training, at the end | ${report.trainingLoss.toFixed(3)} |
| generated text of another seed | ${report.heldBack.toFixed(3)} |
${report.styles.map(({ title, loss }) => `| unseen style: ${title} | ${loss.toFixed(3)} |`).join('\n')}

## What it writes

${report.samples.map((sample) => `> ${sample.replaceAll('\n', '\n> ')}`).join('\n\n')}

## Limits

It knows a few hundred phrases about twelve topics and nothing about the world; facts in its text may be wrong. English only. It is a subject for experiments with federated training, not an assistant.

## Make it again

\`npm run pretrain -- --steps ${report.steps} --learning-rate ${report.rate} --characters ${report.characters} --seed ${report.seed}\` gives the same files with the sources of the same commit: the generator is seeded and the kernels without fused multiply-add are deterministic.

SHA-256:

${Object.entries(report.hashes)
  .map(([name, hash]) => `- \`${name}\` ${hash}`)
  .join('\n')}
`;
}
