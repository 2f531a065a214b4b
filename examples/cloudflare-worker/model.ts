/** What the Worker trains, and how much of it a request may do. */
import { adam, createRuntime, dense, dropout, sequential } from 'lanegrad';

/**
 * Rows that a request may train on. The budget is 10 ms of processor time, what Cloudflare's free plan has; it is kept in rows,
 * because a Worker's clock stands still while it computes. README.md has the figures.
 */
export const BUDGET = 200;
export const EPOCHS = 9;

// kernels are made ready once, while the Worker starts; 'simd' has the same bits here as anywhere else
export const runtime = createRuntime({ kernel: 'simd' });

/** A model that has learned nothing yet. */
export const fresh = () =>
  sequential(
    {
      input: 2,
      seed: 1,
      standardize: true,
      classes: ['in', 'out'],
      layers: [dense(16, { activation: 'relu' }), dropout({ rate: 0.1 }), dense(2, { activation: 'softmax' })],
    },
    { runtime },
  ).compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'crossEntropy', metrics: ['accuracy'] });
