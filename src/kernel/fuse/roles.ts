// What a buffer is to a group of statements that are cut into the same rows. In: what was known of it and one more use. Out: both
// together, or null where rows could no longer run one tile after the other, in any order and at once.
import type { BufferId, Private } from '../kernel.ts';

export type Role =
  /** Every access is at exactly the row, on this axis. */
  | { readonly kind: 'aligned'; readonly axis: number; readonly written: boolean }
  /** Read anywhere, written nowhere. */
  | { readonly kind: 'loose' }
  /** Only added to (or minimised, maximised into) by many rows; `fills`: it holds nothing before. */
  | { readonly kind: 'private'; readonly op: Private['op']; readonly fills: boolean };

export const together = (known: Role | undefined, use: Role): Role | null => {
  if (known === undefined) return use;
  if (known.kind === 'private' || use.kind === 'private') {
    if (known.kind !== 'private' || use.kind !== 'private') return null;
    return known.op === use.op && !known.fills && !use.fills ? known : null;
  }
  if (known.kind === 'aligned' && use.kind === 'aligned' && known.axis === use.axis)
    return { ...known, written: known.written || use.written };
  const written = [known, use].some((role) => role.kind === 'aligned' && role.written);
  return written ? null : { kind: 'loose' };
};

/** The roles of a group and, over them, those of a part that is tried: kept by `commit`, else forgotten. */
export class Roles {
  readonly own = new Map<BufferId, Role>();

  constructor(private readonly under: Roles | null = null) {}

  get(buffer: BufferId): Role | undefined {
    return this.own.get(buffer) ?? this.under?.get(buffer);
  }

  /** false where the use does not go with what is known. */
  add(buffer: BufferId, use: Role): boolean {
    const role = together(this.get(buffer), use);
    if (role !== null) this.own.set(buffer, role);
    return role !== null;
  }

  /** With what is under it, by itself. */
  copy(): Roles {
    const copy = new Roles();
    this.addTo(copy);
    return copy;
  }

  private addTo(copy: Roles): void {
    this.under?.addTo(copy);
    for (const [buffer, role] of this.own) copy.own.set(buffer, role);
  }

  commit(): void {
    for (const [buffer, role] of this.own) this.under?.own.set(buffer, role);
  }
}
