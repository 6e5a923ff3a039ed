// The kinds of data files, and which one a name means. In: a path. Out: what its ending says.
// Nothing is imported here, because the command line speaks of these endings before it needs any reader.

export type DataFormat = 'csv' | 'tsv' | 'npy' | 'npz' | 'json' | 'idx' | 'safetensors';

interface FormatFacts {
  readonly endings: readonly string[];
  /** What `FILE:…` selects: columns by name or number, or one array by name. */
  readonly selects: 'columns' | 'array' | null;
}

export const formatFacts: Readonly<Record<DataFormat, FormatFacts>> = {
  csv: { endings: ['csv', 'txt'], selects: 'columns' },
  tsv: { endings: ['tsv'], selects: 'columns' },
  npy: { endings: ['npy'], selects: null },
  npz: { endings: ['npz'], selects: 'array' },
  json: { endings: ['json'], selects: null },
  idx: { endings: ['idx'], selects: null },
  safetensors: { endings: ['safetensors'], selects: 'array' },
};

const formats = Object.keys(formatFacts) as readonly DataFormat[];

/** `.csv`, `.tsv`, …: all endings of data files, for messages and completions. */
export const dataEndings: readonly string[] = formats.flatMap((format) =>
  formatFacts[format].endings.map((ending) => `.${ending}`),
);

/** MNIST's files are called train-images-idx3-ubyte, or train-images.idx3-ubyte. */
const idxName = /[.-]idx\d*(?:-[a-z]+)?$/;

export interface NamedFormat {
  /** null: no such ending is known. */
  readonly format: DataFormat | null;
  readonly gzipped: boolean;
  /** Without the dot; '' where there is none. */
  readonly ending: string;
}

export const formatOf = (path: string): NamedFormat => {
  const lower = path.toLowerCase();
  const gzipped = lower.endsWith('.gz');
  const name = gzipped ? lower.slice(0, -'.gz'.length) : lower;
  const ending = /\.([^./\\]+)$/.exec(name)?.[1] ?? '';
  const known = formats.find((format) => formatFacts[format].endings.includes(ending)) ?? null;
  return { format: known ?? (idxName.test(name) ? 'idx' : null), gzipped, ending };
};
