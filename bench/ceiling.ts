// What the machine can do, measured in the same run as the workloads: arithmetic by the peer's matrix product, memory by a scaled
// sum of long arrays. In: nothing. Out: operations and bytes a second, and the share of them that a piece of work reached.
import { startPeer } from './peer.ts';
import type { Work } from './workload.ts';

export interface Ceiling {
  /** A second. */
  readonly flops: number;
  /** A second. */
  readonly bytes: number;
}

const rounds = 10;
/** One unit of work of the peers of these names. */
const [flopsOfProduct, bytesOfTriad] = [2e9, 6e8];

/** The most that was seen in some rounds, a second; null where there is no peer. */
const most = async (peerName: string, amount: number): Promise<number | null> => {
  const peer = await startPeer(peerName, {});
  if (typeof peer === 'string') return null;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await peer.once());
  await peer.stop();
  return (1000 * amount) / Math.min(...times);
};

export const measureCeiling = async (): Promise<Ceiling | null> => {
  const flops = await most('ceiling-flops', flopsOfProduct);
  const bytes = await most('ceiling-bytes', bytesOfTriad);
  return flops === null || bytes === null ? null : { flops, bytes };
};

export const shareOf = (ceiling: Ceiling, { flops, bytes }: Work, ms: number): number =>
  Math.max(flops / ceiling.flops, bytes / ceiling.bytes) / (ms / 1000);
