// The most bytes that tensors of tfjs held together since the last reset. tfjs keeps the count; this notes its maximum.
import * as tf from '@tensorflow/tfjs-core';

interface Engine {
  state: { numBytes: number };
  trackTensor: (...args: unknown[]) => void;
}

export const watchMemory = (): { readonly reset: () => void; readonly peak: () => number } => {
  const engine = tf.engine() as unknown as Engine;
  let peak = 0;
  const track = engine.trackTensor.bind(engine);
  engine.trackTensor = (...args) => {
    track(...args);
    peak = Math.max(peak, engine.state.numBytes);
  };
  return { reset: () => (peak = engine.state.numBytes), peak: () => peak };
};
