/** Circuits to begin with. All run in a blink. */
export const EXAMPLE_IDS = ['bell', 'ghz', 'teleport', 'grover', 'qft', 'phase', 'ansatz', 'random'] as const;
export type ExampleId = (typeof EXAMPLE_IDS)[number];

export const EXAMPLES: Readonly<Record<ExampleId, string>> = {
  bell: `OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
h q[0];
cx q[0], q[1];
`,
  ghz: `OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[4] c;
h q[0];
for int i in [0:2] {
  cx q[i], q[i + 1];
}
c = measure q;
`,
  teleport: `OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit a;
bit b;
// The state to send: anything.
ry(pi/3) q[0];
rz(pi/5) q[0];
// A shared Bell pair.
h q[1];
cx q[1], q[2];
// The sender measures, the receiver corrects.
cx q[0], q[1];
h q[0];
a = measure q[0];
b = measure q[1];
if (b) { x q[2]; }
if (a) { z q[2]; }
`,
  grover: `OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
h q;
// Mark |101>, then reflect about the mean; twice.
for int i in [1:2] {
  x q[1];
  h q[2];
  ccx q[0], q[1], q[2];
  h q[2];
  x q[1];
  h q;
  x q;
  h q[2];
  ccx q[0], q[1], q[2];
  h q[2];
  x q;
  h q;
}
`,
  qft: `OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
x q[0];
x q[2];
barrier q;
for int i in [0:3] {
  h q[3 - i];
  for int j in [0:2 - i] {
    cp(pi / 2 ** (3 - i - j)) q[j], q[3 - i];
  }
}
swap q[0], q[3];
swap q[1], q[2];
`,
  phase: `OPENQASM 3.0;
include "stdgates.inc";
input float phi;
qubit[4] q;
// Counts how far a phase gate turns, in sixteenths of a circle.
x q[3];
h q[0];
h q[1];
h q[2];
cp(phi) q[0], q[3];
cp(2*phi) q[1], q[3];
cp(4*phi) q[2], q[3];
swap q[0], q[2];
h q[0];
cp(-pi/2) q[0], q[1];
h q[1];
cp(-pi/4) q[0], q[2];
cp(-pi/2) q[1], q[2];
h q[2];
`,
  ansatz: `OPENQASM 3.0;
include "stdgates.inc";
input float alpha;
input float beta;
input float gamma;
qubit[3] q;
ry(alpha) q[0];
ry(alpha) q[1];
ry(alpha) q[2];
cx q[0], q[1];
cx q[1], q[2];
rz(beta) q[0];
rz(2*beta) q[1];
rz(beta) q[2];
cx q[0], q[1];
cx q[1], q[2];
ry(gamma) q[0];
ry(-gamma) q[1];
ry(gamma) q[2];
`,
  random: `OPENQASM 3.0;
include "stdgates.inc";
qubit[5] q;
bit[5] c;
h q;
t q[0];
cx q[0], q[1];
sx q[2];
cz q[1], q[2];
t q[3];
cx q[2], q[3];
rx(1.1) q[4];
cx q[3], q[4];
s q[1];
ry(0.4) q[0];
cz q[4], q[0];
h q[2];
h q[4];
c = measure q;
`,
};

/** What an empty address shows. */
export const WELCOME: ExampleId = 'bell';

/** For whoever wants to build from nothing. */
export const BLANK = `OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
`;
