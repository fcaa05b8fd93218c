import { unwrap } from '../../lib/result.ts';
import { parseDeviceModel, type DeviceModel } from './device-model.ts';

const virtual = { error: 0, duration: 0 };
/** One calibrated error for the pulses of a qubit; any other rotation takes two. */
const pulses = (error: number) => {
  const one = { error, duration: 35.6 };
  const two = { error: 2 * error, duration: 71.1 };
  return { id: one, sx: one, sxdg: one, x: one, y: one, h: two, rx: two, ry: two, u: two, unitary: two };
};

/**
 * A chain of five transmons with the calibration of ibmq_manila on 27 May 2024, as published with Qiskit (qiskit-ibm-runtime,
 * fake_provider/backends/manila/props_manila.json): T1, T2, readout, gate errors and lengths, and the ZZ shifts. Z rotations
 * are changes of frame and cost nothing. Not published there, typical for such devices: the excited population (1 %) and the
 * error of a reset (0.5 %).
 */
export const EXAMPLE_DEVICE_FILE = {
  format: 'plaquette-device',
  version: 1,
  name: 'five transmons in a chain',
  source: 'ibmq_manila, calibration of 2024-05-27, from qiskit-ibm-runtime (Apache-2.0)',
  timeUnit: 'ns',
  defaults: {
    qubit: {
      excitedPopulation: 0.01,
      readoutDuration: 5351,
      resetError: 0.005,
      resetDuration: 5515,
      gates: {
        cgphase: virtual,
        rz: virtual,
        z: virtual,
        s: virtual,
        sdg: virtual,
        t: virtual,
        tdg: virtual,
        p: virtual,
      },
    },
  },
  qubits: [
    { t1: 131_529, t2: 102_204, readout: [0.0158, 0.0548], gates: pulses(1.55e-4) },
    { t1: 124_536, t2: 79_015, readout: [0.0122, 0.0316], gates: pulses(3.92e-4) },
    { t1: 158_615, t2: 25_151, readout: [0.0702, 0.1226], gates: pulses(7.46e-4) },
    { t1: 179_103, t2: 54_361, readout: [0.0084, 0.0204], gates: pulses(2.12e-4) },
    { t1: 144_673, t2: 40_332, readout: [0.0088, 0.0284], gates: pulses(3.54e-4) },
  ],
  edges: [
    { qubits: [0, 1], error: 8.83e-3, duration: 295, zz: -47.6 },
    { qubits: [1, 2], error: 1.394e-2, duration: 487, zz: -63.3 },
    { qubits: [2, 3], error: 1.135e-2, duration: 373, zz: -48.4 },
    { qubits: [3, 4], error: 5.7e-3, duration: 316, zz: -49.5 },
  ],
} as const;

export function exampleDevice(): DeviceModel {
  return unwrap(parseDeviceModel(EXAMPLE_DEVICE_FILE));
}
