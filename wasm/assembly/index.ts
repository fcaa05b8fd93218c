export { gemm, gemv, pack, packScaled, panelColumns } from './gemm';
export { embed, gainGradient, rmsBackward, rmsForward, rope, swigluBackward, swigluForward } from './elementwise';
export { attentionBackward, attentionDecode, attentionForward } from './attention';
export { crossEntropy } from './loss';
export { factorGradient, norm, weightedSum } from './adapter';
export { adam, embedGradient } from './adam';
