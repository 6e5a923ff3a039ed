// When buffers of the arena and of scratch hold numbers that are still wanted. In: a kernel program. Out: for each such buffer
// that is used, the stretch of statements, numbered in the order of the text, in which no other buffer may take its place.
//
// A buffer lives from the statement that first touches it to the last. A loop that touches it counts as a whole when what one
// iteration writes another may read: when the loop is parallel (iterations run at once), when it is touched outside of the loop
// too, or when the body is not seen to write all of it before reading.
import type { Buffer, BufferId, KernelProgram, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import { writesAllFirst } from './covers.ts';

/** First and last position, both included. */
export interface Life {
  readonly from: number;
  readonly to: number;
}

interface Node extends Life {
  readonly statement: Statement;
  readonly lists: readonly List[];
}
interface List {
  /** The statements that touch a buffer, in order. */
  readonly users: ReadonlyMap<BufferId, readonly Node[]>;
}

/** Buffers that the statement itself touches, not those within statements nested in it. */
const ownBuffers = (statement: Statement): readonly BufferId[] => {
  switch (statement.kind) {
    case 'loop':
      return statement.privates.map(({ into }) => into);
    case 'routine':
      return [...statement.args, ...statement.outs];
    case 'while':
      return [statement.flag, statement.count];
    default: {
      const found: BufferId[] = [];
      const alone = statement.kind === 'if' ? { ...statement, then: [] } : statement;
      visitStatements([alone], { access: ({ buffer }) => void found.push(buffer) });
      return found;
    }
  }
};

const nestedLists = (statement: Statement): readonly (readonly Statement[])[] => {
  switch (statement.kind) {
    case 'loop':
      return [statement.body];
    case 'if':
      return [statement.then];
    case 'while':
      return [statement.test, statement.body];
    default:
      return [];
  }
};

/** The tree with its positions, and who owns what scratch. */
class Tree {
  readonly owners = new Map<BufferId, { readonly node: Node; readonly whole: boolean }>();
  readonly root: List;
  private position = 0;

  constructor(private readonly kernels: KernelProgram) {
    this.root = this.listOf(kernels.body);
  }

  private listOf(statements: readonly Statement[]): List {
    const users = new Map<BufferId, Node[]>();
    for (const statement of statements) {
      const from = this.position++;
      const lists = nestedLists(statement).map((list) => this.listOf(list));
      const node: Node = { statement, lists, from, to: this.position++ };
      for (const buffer of new Set([...ownBuffers(statement), ...lists.flatMap((list) => [...list.users.keys()])])) {
        const known = users.get(buffer);
        if (known === undefined) users.set(buffer, [node]);
        else known.push(node);
      }
      if (statement.kind !== 'loop') continue;
      for (const buffer of statement.scratch) this.owners.set(buffer, { node, whole: false });
      for (const { copy } of statement.privates) this.owners.set(copy, { node, whole: true });
    }
    return { users };
  }

  lifeIn(list: List, id: BufferId): Life | null {
    const users = list.users.get(id);
    if (users === undefined) return null;
    return users.length === 1 ? this.lifeWithin(users[0]!, id) : { from: users[0]!.from, to: users.at(-1)!.to };
  }

  /** Of a buffer that this statement alone touches. */
  private lifeWithin(node: Node, id: BufferId): Life {
    const { statement, lists } = node;
    const whole: Life = { from: node.from, to: node.to };
    if (lists.length === 0 || ownBuffers(statement).includes(id)) return whole;
    const touched = lists.filter((list) => list.users.has(id));
    if (touched.length !== 1) return whole;
    const inside = this.lifeIn(touched[0]!, id)!;
    if (statement.kind === 'if') return inside;
    const serial = statement.kind === 'while' || (statement.kind === 'loop' && statement.role === 'serial' && statement.vector !== true); // prettier-ignore
    const first = touched[0]!.users.get(id)![0]!.statement;
    return serial && writesAllFirst(first, id, this.bufferOf(id)) ? inside : whole;
  }

  private bufferOf(id: BufferId): Buffer {
    return this.kernels.buffers[id]!;
  }
}

/** Lives of the arena's and of scratch buffers; those that nothing touches have none. */
export const livesOf = (kernels: KernelProgram): ReadonlyMap<BufferId, Life> => {
  const tree = new Tree(kernels);
  const lives = new Map<BufferId, Life>();
  for (const [id, { storage }] of kernels.buffers.entries()) {
    const owner = tree.owners.get(id);
    if (storage !== 'arena' && owner === undefined) continue;
    const life =
      owner === undefined
        ? tree.lifeIn(tree.root, id)
        : owner.whole
          ? { from: owner.node.from, to: owner.node.to }
          : tree.lifeIn(owner.node.lists[0]!, id);
    if (life !== null) lives.set(id, life);
  }
  return lives;
};

export const meet = (a: Life, b: Life): boolean => a.from <= b.to && b.from <= a.to;
