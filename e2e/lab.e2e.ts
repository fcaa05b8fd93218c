import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { initialScriptBytes } from '../bench/pages.bench.ts';
import { TestRelay } from './support/relay.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const GHZ = `OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
h q[0];
cx q[0],q[1];
cx q[1],q[2];
`;
const TURN = `OPENQASM 3.0;
input float theta;
qubit q;
U(theta, 0, 0) q;
`;

/** Ten seconds and more on any machine that runs a browser. */
const LONG = `OPENQASM 3.0;
include "stdgates.inc";
qubit[24] q;
for int k in [1:200] {
  for int i in [0:23] { rx(0.1 * i + 0.01 * k) q[i]; }
  for int i in [0:22] { cx q[i], q[i + 1]; }
}
`;

/** Fails on violations and on a sweep that checked nothing. */
async function sweep(page: Page, what: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(passes.length, `axe rules that ran on ${what}`).toBeGreaterThan(10);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(found, `axe on ${what}`).toEqual([]);
}

const plain = (qasm: string): string => `#qasm=${encodeURIComponent(qasm)}`;

test.describe('the lab', () => {
  let relay: TestRelay;
  test.beforeAll(async () => {
    relay = await TestRelay.start();
  });
  test.afterAll(async () => {
    await relay.stop();
  });

  /** A lab page that has its first results, or whatever `ready` waits for; what the console complained about is collected. */
  async function open(browser: Browser, hash = '', options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${relay.origin}/lab${hash}`);
    await expect(page.getByRole('grid', { name: 'Circuit grid' })).toBeVisible();
    return { context, page, complaints };
  }

  const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  /** The rows of the state list that have a probability, as `00 50.0%`. */
  const shares = (page: Page): Promise<string[]> =>
    panel(page, 'State')
      .locator('tbody tr:not([data-empty])')
      .evaluateAll((rows) =>
        rows.map((row) => {
          const cells = [...row.children].map((cell) => cell.textContent ?? '');
          return `${(cells[0] ?? '').replaceAll(/[|⟩]/gu, '')} ${cells[1] ?? ''}`;
        }),
      );
  const text = (page: Page) => page.getByRole('textbox', { name: 'The circuit as OpenQASM 2 or 3' });

  test('builds a Bell state with the keyboard alone', async ({ browser }) => {
    const { context, page, complaints } = await open(browser);
    await page.getByRole('button', { name: 'New', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => shares(page)).toEqual(['00 100.0%']);
    // The grid is one tab stop: from the last gate of the palette, one more Tab is in it.
    await page.getByRole('button', { name: 'barrier, key b' }).focus();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('gridcell', { name: 'empty, qubit q[0], column 1', exact: true })).toBeFocused();
    await page.keyboard.press('h');
    await expect(page.getByRole('gridcell', { name: 'Hadamard, qubit q[0], column 1' })).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('c');
    await expect(page.getByRole('gridcell', { name: /^control of X .*qubit q\[0\], column 2$/ })).toBeFocused();
    await expect.poll(() => shares(page)).toEqual(['00 50.0%', '11 50.0%']);
    await expect(text(page)).toHaveValue(/h q\[0\];\s*cx q\[0\], ?q\[1\];/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('opens the properties with Enter, takes an angle as an expression, and deletes', async ({ browser }) => {
    const { context, page } = await open(browser, plain('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'));
    await page.getByRole('gridcell', { name: 'empty, qubit q[1], column 1', exact: true }).click();
    await page.keyboard.press('Shift+Y');
    await page.keyboard.press('Enter');
    const angle = page.getByRole('textbox', { name: 'Angle theta' });
    await angle.fill('pi/');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('expected');
    await angle.fill('2*pi/3');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect.poll(() => shares(page)).toEqual(['00 25.0%', '10 75.0%']);
    await page.keyboard.press('Delete');
    await expect.poll(() => shares(page)).toEqual(['00 100.0%']);
    await context.close();
  });

  test('reads pasted QASM, marks a mistake where it is, and keeps the last circuit in sight', async ({ browser }) => {
    const { context, page } = await open(browser);
    await text(page).fill(GHZ);
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await text(page).fill(`${GHZ}hh q[0];\n`);
    const alert = panel(page, 'OpenQASM').getByRole('alert');
    await expect(alert).toContainText('line 7, column 1');
    await alert.getByRole('button', { name: 'Go to line 7, column 1' }).click();
    expect(
      await text(page).evaluate((area: HTMLTextAreaElement) =>
        area.value.slice(area.selectionStart, area.selectionEnd),
      ),
    ).toBe('hh');
    await expect(page.getByText('The grid shows the last circuit that could be read.')).toBeVisible();
    expect(await shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await text(page).fill(`${GHZ}h q[0];\n`);
    await expect(alert).toBeHidden();
    await context.close();
  });

  test('undoes with the back button and comes back from its address', async ({ browser }) => {
    const { context, page } = await open(browser, plain(GHZ));
    await page.getByRole('gridcell', { name: 'empty, qubit q[0], column 5', exact: true }).click();
    await page.keyboard.press('x');
    await expect.poll(() => shares(page)).toEqual(['001 50.0%', '110 50.0%']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await expect.poll(() => shares(page)).toEqual(['011 50.0%', '100 50.0%']);
    await page.goBack();
    await expect.poll(() => shares(page)).toEqual(['001 50.0%', '110 50.0%']);
    // The gap before the gate is kept.
    await expect(page.getByRole('gridcell', { name: 'X (not), qubit q[0], column 5', exact: true })).toBeVisible();
    await page.goBack();
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await page.goForward();
    await expect.poll(() => shares(page)).toEqual(['001 50.0%', '110 50.0%']);
    const address = page.url();
    await page.reload();
    await expect.poll(() => shares(page)).toEqual(['001 50.0%', '110 50.0%']);
    // Elsewhere, where there is no history, the address alone says it all.
    const other = await context.newPage();
    await other.goto(address);
    await expect.poll(() => shares(other)).toEqual(['001 50.0%', '110 50.0%']);
    await context.close();
  });

  test('stays usable with a broken address and says what was wrong', async ({ browser }) => {
    const { context, page, complaints } = await open(browser, '#z=%%%&shots=many');
    await expect(page.getByText(/holds no circuit that can be read.* could not be read: shots\./u)).toBeVisible();
    await page.getByRole('button', { name: 'Close this message' }).click();
    await page.getByRole('combobox', { name: 'Example' }).selectOption('bell');
    await expect.poll(() => shares(page)).toEqual(['00 50.0%', '11 50.0%']);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('drags a gate from the palette onto a wire, and moves it there', async ({ browser }) => {
    const { context, page } = await open(browser, plain('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n'));
    const drag = async (from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> => {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x - 5, to.y, { steps: 4 });
      await page.mouse.move(to.x, to.y);
      await page.mouse.up();
    };
    const centre = async (name: string, role: 'button' | 'gridcell') => {
      const box = await page.getByRole(role, { name, exact: true }).boundingBox();
      if (box === null) throw new Error(`${name} has no box`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    await drag(await centre('X (not), key x', 'button'), await centre('empty, qubit q[1], column 3', 'gridcell'));
    await expect.poll(() => shares(page)).toEqual(['10 100.0%']);
    await drag(
      await centre('X (not), qubit q[1], column 3', 'gridcell'),
      await centre('empty, qubit q[0], column 2', 'gridcell'),
    );
    await expect.poll(() => shares(page)).toEqual(['01 100.0%']);
    // A press without a way is a click: the gate goes to the cursor, in the place of the one that is there.
    await page.getByRole('button', { name: 'Y, key y', exact: true }).click();
    await expect(page.getByRole('gridcell', { name: 'Y, qubit q[0], column 2', exact: true })).toBeVisible();
    await context.close();
  });

  test('follows a slider, steps through, and counts with a seed', async ({ browser }) => {
    const { context, page } = await open(browser, `${plain(TURN)}&v=theta:${Math.PI}&shots=100`);
    await expect.poll(() => shares(page)).toEqual(['1 100.0%']);
    const slider = page.getByRole('slider', { name: 'Value of theta' });
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => (await shares(page)).length).toBe(2);
    await page.getByRole('spinbutton', { name: 'theta as a number' }).fill('0');
    await expect.poll(() => shares(page)).toEqual(['0 100.0%']);
    await expect(panel(page, 'Counts')).toContainText('100 shots, 1 outcome');
    await text(page).fill(GHZ);
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await page.getByRole('button', { name: 'First', exact: true }).click();
    await expect.poll(() => shares(page)).toEqual(['000 100.0%']);
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '001 50.0%']);
    await page.getByRole('button', { name: 'Last', exact: true }).click();
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await page.getByRole('textbox', { name: 'Pauli sums, one a line' }).fill('ZZI\nXXX');
    await expect(panel(page, 'Expectation values').getByText('1.0000')).toHaveCount(2);
    // A half-written line stops nothing else.
    await page.getByRole('textbox', { name: 'Pauli sums, one a line' }).fill('ZZI\nXX');
    await expect(panel(page, 'Expectation values')).toContainText('"XX" has 2 letters');
    await expect(panel(page, 'Expectation values').getByText('1.0000')).toHaveCount(1);
    expect(await shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await context.close();
  });

  test('optimises and takes the shorter circuit', async ({ browser }) => {
    const { context, page } = await open(browser, plain(`${GHZ}h q[2];\nh q[2];\nt q[0];\nt q[0];\n`));
    await panel(page, 'Optimise').getByRole('button', { name: 'Optimise' }).click();
    await expect(panel(page, 'Optimise').getByText(/Checked:/)).toBeVisible();
    await page.getByRole('button', { name: 'Use this circuit' }).click();
    await expect(panel(page, 'Circuit')).toContainText(/3 qubits, [1-5] operations/);
    await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
    await context.close();
  });

  test('says why a run is refused and goes on', async ({ browser }) => {
    const { context, page } = await open(
      browser,
      plain('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[60];\nh q[0];\n'),
    );
    const alert = panel(page, 'State').getByRole('alert');
    await expect(alert).toContainText('60 qubits');
    await page.getByRole('combobox', { name: 'Example' }).selectOption('bell');
    await expect(alert).toBeHidden();
    await expect.poll(() => shares(page)).toEqual(['00 50.0%', '11 50.0%']);
    await context.close();
  });

  test('cancels a long run, and after a crash of the worker says so and runs again', async ({ browser }) => {
    const { context, page } = await open(browser, '#shots=0');
    await text(page).fill(LONG);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await expect(page.getByText('Cancelled. The results below are those of the last finished run.')).toBeVisible();
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(page.getByText(/Running for/u)).toBeVisible();
    // A worker that closes itself is silent: only its missing answers tell.
    const quantum = page.workers().find((worker) => worker.url().includes('quantum.worker'));
    await quantum?.evaluate(() => self.close());
    const alert = panel(page, 'State').getByRole('alert');
    await expect(alert).toContainText('the quantum worker stopped', { timeout: 60_000 });
    await page.getByRole('combobox', { name: 'Example' }).selectOption('bell');
    await expect.poll(() => shares(page)).toEqual(['00 50.0%', '11 50.0%']);
    await expect(alert).toBeHidden();
    await context.close();
  });

  test('saves every form', async ({ browser }) => {
    const { context, page } = await open(browser);
    for (const [form, name] of [
      ['Text as it stands (.qasm)', 'circuit.qasm'],
      ['OpenQASM 2', 'circuit.qasm'],
      ['JSON', 'circuit.json'],
      ['Picture (SVG)', 'circuit.svg'],
    ] as const) {
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: form, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
    }
    await context.close();
  });

  test('answers in the console with the numbers of the page', async ({ browser }) => {
    const { context, page } = await open(browser);
    const report = await page.evaluate((qasm) => {
      const { plaquette } = globalThis as unknown as {
        plaquette: {
          circuit: { run(text: string, options: object): Promise<{ qubits: number; probabilities: number[] }> };
        };
      };
      return plaquette.circuit.run(qasm, { seed: 3 });
    }, GHZ);
    expect(report.qubits).toBe(3);
    expect(report.probabilities[7]).toBeCloseTo(0.5, 5);
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing in ${colorScheme}, with and without a mistake`, async ({ browser }) => {
      const { context, page } = await open(browser, `${plain(GHZ)}&o=ZZI`, { colorScheme });
      await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
      await sweep(page, `the lab in ${colorScheme}`);
      await page
        .getByRole('gridcell', { name: /^X .*qubit q\[1\]/ })
        .first()
        .dblclick();
      await expect(page.getByRole('dialog')).toBeVisible();
      await sweep(page, `the properties in ${colorScheme}`);
      await page.keyboard.press('Escape');
      await text(page).fill('qreg');
      await expect(panel(page, 'OpenQASM').getByRole('alert')).toBeVisible();
      await sweep(page, `the lab with a mistake in ${colorScheme}`);
      await context.close();
    });

  test('drags by finger, while a swipe along the palette scrolls it', async ({ browser }) => {
    const { context, page } = await open(browser, plain('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n'), {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const finger = await context.newCDPSession(page);
    const centre = async (name: string, role: 'button' | 'gridcell') => {
      const box = await page.getByRole(role, { name, exact: true }).boundingBox();
      if (box === null) throw new Error(`${name} has no box`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const from = await centre('X (not), key x', 'button');
    const to = await centre('empty, qubit q[1], column 3', 'gridcell');
    await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [from] });
    for (let i = 1; i <= 8; i++) {
      const point = { x: from.x + ((to.x - from.x) * i) / 8, y: from.y + ((to.y - from.y) * i) / 8 };
      await finger.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [point] });
    }
    await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(() => shares(page)).toEqual(['10 100.0%']);
    await finger.send('Input.synthesizeScrollGesture', { ...from, xDistance: -120, yDistance: 0 });
    const palette = page.getByRole('group', { name: 'Gates', exact: true });
    await expect.poll(() => palette.evaluate((strip) => strip.scrollLeft)).toBeGreaterThan(40);
    expect(await shares(page)).toEqual(['10 100.0%']);
    await context.close();
  });

  test('fits a phone and 320 px, places gates by touch, and has targets for fingers', async ({ browser }) => {
    for (const width of [390, 320]) {
      const { context, page } = await open(browser, plain(GHZ), {
        viewport: { width, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      await expect.poll(() => shares(page)).toEqual(['000 50.0%', '111 50.0%']);
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(sideways).toBeLessThanOrEqual(0);
      await page.getByRole('gridcell', { name: 'empty, qubit q[0], column 3', exact: true }).tap();
      await page.getByRole('button', { name: 'X (not), key x' }).tap();
      await expect.poll(() => shares(page)).toEqual(['001 50.0%', '110 50.0%']);
      const small = await page.getByRole('button').evaluateAll((buttons) =>
        buttons
          .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
          .map(({ name }) => name),
      );
      expect(small).toEqual([]);
      await context.close();
    }
  });

  test('says what it is without JavaScript, and its first script is small', async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${relay.origin}/lab`);
    await expect(page.getByRole('heading', { level: 1, name: 'Circuit lab' })).toBeVisible();
    await context.close();
    expect(initialScriptBytes('lab.html')).toBeLessThanOrEqual(140 * 1024);
  });

  test('speaks German when asked', async ({ browser }) => {
    const { context, page } = await open(browser, plain(GHZ));
    await page.getByRole('combobox', { name: 'Language' }).selectOption('de');
    await expect(page.getByRole('heading', { level: 1, name: 'Schaltungslabor' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Erwartungswerte' })).toBeVisible();
    await context.close();
  });
});
