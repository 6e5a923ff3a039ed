// The messages of EBM6xx: data and runtime. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';

const message = <P>(entry: Message<P>): Message<P> => entry;

/** What the user typed, short enough and printable: control characters escaped. */
const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
const did = (nearest: string | null): string[] => (nearest === null ? [] : [`did you mean ${nearest}?`]);
const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
/** A place that is not a line of a file, in parentheses. */
const at = (where: string | null): string => (where === null ? '' : ` (${where})`);
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

export const fileMessages = {
  EBM601: message<{ file: string; problem: string; nearest: string | null }>({
    severity: 'error',
    title: 'cannot read a file',
    text: ({ file, problem, nearest }) => ({ message: `cannot read ${file}: ${problem}`, hints: did(nearest) }),
    explanation:
      'A file named on the command line does not exist, is a directory, or may not be read by you. ' +
      'Paths are relative to the directory you are in, not to the model file.',
    example: '--data y=no-such-file.csv',
  }),
  EBM602: message<{ file: string; what: string }>({
    severity: 'error',
    title: 'empty data file',
    text: ({ file, what }) => ({ message: `${file} ${what}` }),
    explanation: 'The file holds no numbers: it is empty, or it has a header row and nothing below it.',
    example: '--data y=empty.csv, where empty.csv has no bytes',
  }),
  EBM603: message<{ found: number; expected: number; firstLine: number }>({
    severity: 'error',
    title: 'ragged rows',
    text: ({ found, expected, firstLine }) => ({
      message: `this line has ${plural(found, 'cell')}, but line ${firstLine} has ${expected}`,
      hints: ['sequences of unequal length go into a .json file of nested arrays'],
    }),
    explanation:
      'Every row of a table has the same number of cells. An empty cell between two commas is a missing value; ' +
      'a row that ends early is a mistake.',
    example: '--data y=points.csv, where points.csv reads\n1,2\n3,4,5',
  }),
  EBM604: message<{ text: string; column: string | null; header: boolean }>({
    severity: 'error',
    title: 'cell is not a number',
    text: ({ text, column, header }) => ({
      message: `${quote(text)}${column === null ? '' : ` in column ${column}`} is not a number`,
      hints: /^[-+]?\d+,\d+$/.test(text)
        ? ['decimals are written with a point']
        : header
          ? ['the first row is a header when none of its cells is a number']
          : [
              'a missing value is an empty cell or NaN; categories are written 0, 1, 2, …',
              'choose columns with FILE.csv:1,2 or FILE.csv:name,name',
            ],
    }),
    explanation:
      'Data are numbers. Categories are written as 0-based integers, true and false as 1 and 0, a missing value as an ' +
      'empty cell or NaN. A first row without any number is taken as a header. To leave out a column of words, name ' +
      'the columns you want: `--data y=iris.csv:1,2,3,4`.',
    example: '--data y=points.csv, where points.csv reads\n1,2\n3,four',
  }),
  EBM605: message<{ column: string; columns: readonly string[]; count: number; nearest: string | null }>({
    severity: 'error',
    title: 'unknown column',
    text: ({ column, columns, count, nearest }) => ({
      message: `there is no column ${quote(column)} among ${plural(count, 'column')}`,
      hints: [
        ...did(nearest),
        columns.length > 0 ? `columns: ${list(columns)}` : 'the file has no header: count columns from 1',
      ],
    }),
    explanation:
      'After the path, `:a,b` selects columns: by the names in the header row, or by number, counted from 1. ' +
      'The file is searched for exactly these.',
    example: '--data y=points.csv:width, where points.csv has the header length,height',
  }),
  EBM606: message<{ problem: string }>({
    severity: 'error',
    title: 'not a readable .npy file',
    text: ({ problem }) => ({ message: `not a .npy file that can be read: ${problem}` }),
    explanation:
      'NumPy files of format 1 to 3 are read, little or big endian, C or Fortran order, of float32 and float64, signed and ' +
      'unsigned integers and booleans. Object arrays, complex numbers, strings and records are not.',
    example: '--data y=points.npy, where points.npy is a text file',
  }),
  EBM607: message<{ problem: string }>({
    severity: 'error',
    title: 'not a JSON array of numbers',
    text: ({ problem }) => ({ message: `not nested arrays of numbers: ${problem}` }),
    explanation:
      'A data file in JSON is a number, or arrays of numbers nested as deep as the shape: `[[1, 2], [3, null]]`. ' +
      '`null` is a missing value.',
    example: '--data y=points.json, where points.json reads\n{"y": [1, 2]}',
  }),
  EBM608: message<{ file: string; data: boolean }>({
    severity: 'error',
    title: 'not a text file',
    text: ({ file, data }) => ({
      message: `${file} is not a text file`,
      hints: [
        data
          ? 'the ending of a file name says how it is read: .csv, .tsv, .npy, .json'
          : 'a model is written in UTF-8 text; its name ends in .ebm',
      ],
    }),
    explanation:
      'The bytes of the file are not UTF-8 text, so it is no .csv or .json file, nor a model. ' +
      'Spreadsheets, pictures and archives must be converted first.',
    example: '--data y=photo.csv, where photo.csv is a picture',
  }),
  EBM609: message<{ file: string; ending: string }>({
    severity: 'error',
    title: 'unknown kind of data file',
    text: ({ file, ending }) => ({
      message: `${file}: ${ending === '' ? 'a file without an ending' : `.${ending} files`} cannot be read as data`,
      hints: ['data files end in .csv, .tsv, .npy or .json'],
    }),
    explanation: 'The ending of the name says how a data file is read. Known are .csv and .tsv, .npy and .json.',
    example: '--data y=points.xlsx',
  }),
  EBM610: message<{ problem: string }>({
    severity: 'error',
    title: 'malformed CSV',
    text: ({ problem }) => ({ message: `malformed table: ${problem}` }),
    explanation: 'A quoted cell begins and ends with ", and a quote inside it is doubled. Numbers need no quotes.',
    example: '--data y=points.csv, where points.csv reads\n"1,2',
  }),
  EBM611: message<{ first: number; found: number; where: string }>({
    severity: 'error',
    title: 'arrays of unequal length',
    text: ({ first, found, where }) => ({
      message: `${where} has ${plural(found, 'element')} where the first has ${first}`,
      hints: ['unequal lengths belong to a ragged size: `size T[n in N]`'],
    }),
    explanation:
      'The arrays nested inside one array have equal lengths, unless the variable runs over a ragged size, such as ' +
      '`size T[n in N]` and then `x[t in T[n]]` in `plate n in N`.',
    example: '--data y=points.json, where points.json reads\n[[1, 2], [3]]',
  }),
  EBM612: message<{ file: string; problem: string }>({
    severity: 'error',
    title: 'cannot write a file',
    text: ({ file, problem }) => ({ message: `cannot write ${file}: ${problem}` }),
    explanation:
      'A result could not be written: the directory is missing, may not be written by you, or the disk is full. ' +
      'Nothing was written; files are written whole or not at all.',
    example: '-o /no/such/directory/out.js',
  }),
  EBM613: message<{ file: string; problem: string }>({
    severity: 'error',
    title: 'not a file of params',
    text: ({ file, problem }) => ({ message: `${file} is not a file of params: ${problem}` }),
    explanation:
      '`--params` reads what `ebmc train` or `ebmc run -o DIR` wrote (.safetensors), what `ebmc run --json` printed (its ' +
      '"params"), or a JSON object with an array for each param: `{"w": [[1, 2]]}`.',
    example: '--params w.json, where w.json reads\n[1, 2]',
  }),
  EBM614: message<{ problem: string }>({
    severity: 'error',
    title: 'not a readable .safetensors file',
    text: ({ problem }) => ({ message: `not a .safetensors file that can be read: ${problem}` }),
    explanation:
      'A .safetensors file begins with the length of its header; the header is a JSON object that gives each tensor a type, a ' +
      'shape and its bytes; the numbers follow. Every length and offset is checked before a number is read, so a file that was ' +
      'cut off, or that is of another kind, is refused whole. Types that can be read: F64, F32, F16, BF16, I64, I32, I16, I8, ' +
      'U64, U32, U16, U8 and BOOL.',
    example: '--params w.safetensors, where w.safetensors is the first half of such a file',
  }),
} as const satisfies MessageTable;

export const bindingMessages = {
  EBM620: message<{
    flag: string;
    name: string;
    kind: string;
    known: readonly string[];
    nearest: string | null;
    instead: string | null;
  }>({
    severity: 'error',
    title: 'flag names something the model lacks',
    text: ({ flag, name, kind, known, nearest, instead }) => ({
      message: `${flag} ${name}: the model has no ${kind} named ${name}`,
      hints: instead !== null ? [instead] : [...did(nearest), `it has: ${list(known)}`],
    }),
    explanation:
      '`--data` and `--params` name variables of the model, `--size` its sizes, `--set` its consts, `--show` its lets, ' +
      '`--ask`, `--minimize` and `--marginalize` its unknowns. Names are case-sensitive.',
    example: '--data x=points.csv for a model whose only variable is y',
  }),
  EBM621: message<{ flag: string; name: string }>({
    severity: 'error',
    title: 'given twice',
    text: ({ flag, name }) => ({ message: `${flag} ${name} is given twice` }),
    explanation: 'Each name may be given one value.',
    example: '--data y=a.csv --data y=b.csv',
  }),
  EBM622: message<{ name: string; found: readonly number[]; expected: string; hint: string | null }>({
    severity: 'error',
    title: 'wrong number of dimensions',
    text: ({ name, found, expected, hint }) => ({
      message: `${name} has shape ${expected}, but the data has shape ${shapeText(found)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'The shape of a variable is that of the plates and indices around it, then of one node: `y : real[D]` in `plate n in N` ' +
      'is [N, D]. The data must have as many dimensions; a column of N numbers also serves as [N], and N numbers as [N, 1]. ' +
      'A CSV file has two dimensions: use .npy or .json for more.',
    example: '--data y=points.csv for a target y : real[2, 3] in a plate',
  }),
  EBM623: message<{ size: string; here: string; value: number; there: string; other: number; transposed: boolean }>({
    severity: 'error',
    title: 'sizes disagree',
    text: ({ size, here, value, there, other, transposed }) => ({
      message: `${size} is ${value} according to ${here}, but ${other} according to ${there}`,
      hints: transposed ? ['the array fits when its two axes are exchanged: is it transposed?'] : [],
    }),
    explanation:
      'A size has one value. It is read off the data and from `--size`, and all of them must agree. ' +
      'The value written in the model is used only when nothing else gives one.',
    example: '--data x=ten-rows.csv --data y=nine-rows.csv for x and y in one plate',
  }),
  EBM624: message<{ name: string; dim: string; found: number; where: string }>({
    severity: 'error',
    title: 'length fits no size',
    text: ({ name, dim, found, where }) => ({
      message: `${where} of ${name} has length ${found}, which ${dim} cannot be`,
    }),
    explanation:
      'The length of an axis is a formula of sizes, such as V + 1 or 2*K, and no whole size of at least 0 gives the length ' +
      'found in the data.',
    example: '--data y=seven-rows.csv for a variable with 2*K rows',
  }),
  EBM625: message<{ name: string; value: number; domain: string; where: string | null; hint: string | null }>({
    severity: 'error',
    title: 'value outside its domain',
    text: ({ name, value, domain, where, hint }) => ({
      message: `${value} is not in ${domain}, the domain of ${name}${at(where)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'Every value given for a variable lies in its domain: binary is 0 or 1, spin -1 or 1, category(K) an integer from 0 to ' +
      'K - 1, nonnegative at least 0, unit between 0 and 1, and so on. No value is infinite.',
    example: '--data y=points.csv with a 3 in it, for y : category(3)',
  }),
  EBM626: message<{ name: string; domain: string; problem: string; where: string | null; hint: string | null }>({
    severity: 'error',
    title: 'array outside its domain',
    text: ({ name, domain, problem, where, hint }) => ({
      message: `${name} is not in ${domain}: ${problem}${at(where)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'Some domains are about a whole row or matrix: a onehot row has a single 1, a simplex row sums to 1, a sphere row has ' +
      'length 1, a ball row at most 1, a permutation holds each index once, an spd matrix is symmetric and positive definite, ' +
      'an orthonormal matrix has orthonormal columns.',
    example: '--data pi=weights.csv reading 0.5,0.4, for param pi : simplex[2]',
  }),
  EBM627: message<{ name: string; role: string; where: string | null }>({
    severity: 'error',
    title: 'missing value',
    text: ({ name, role, where }) => ({
      message: `${name} is ${role} and must be given whole, but a value is missing${at(where)}`,
      hints: [`declare ${name} as a target or latent if it should be inferred`],
    }),
    explanation:
      'An empty or NaN cell of a target or a latent is an unknown to be inferred. What is observed, constant data or a given ' +
      'param has no missing cells.',
    example: '--data x=points.csv with an empty cell, for observed x',
  }),
  EBM628: message<{ name: string; domain: string; where: string | null }>({
    severity: 'error',
    title: 'vector given in part',
    text: ({ name, domain, where }) => ({
      message: `part of a ${domain} value of ${name} is missing${at(where)}: give all of it or none`,
    }),
    explanation:
      'A onehot, simplex, sphere, ball, permutation, orthonormal or spd value is one unknown; it is known or not.',
    example: '--data z=codes.csv reading 0,,1, for latent z : onehot[3]',
  }),
  EBM629: message<{ size: string; why: string }>({
    severity: 'error',
    title: 'size without a value',
    text: ({ size, why }) => ({
      message: `size ${size} has no value${why}`,
      hints: [`give it with --size ${size}=…, or a default in the model: size ${size} = …`],
    }),
    explanation:
      'Before a model runs every size is known: from the shape of data, from `--size`, or from the default in the model.',
    example: 'model m\nsize N\nlatent x[n in N] : real\nfactor f[n in N] = x[n]^2',
  }),
  EBM630: message<{ name: string; found: readonly number[]; expected: string }>({
    severity: 'error',
    title: 'const of another shape',
    text: ({ name, found, expected }) => ({
      message: `const ${name} has shape ${expected} in the model, but --set gives shape ${shapeText(found)}`,
    }),
    explanation: '`--set` replaces the value of a const; its shape stays as the model has it.',
    example: '--set lambda=[1,2] for a model with const lambda = 0.1',
  }),
  EBM631: message<{
    left: string;
    relation: '==' | '<=';
    right: string;
    leftValue: number;
    rightValue: number;
    why: string;
  }>({
    severity: 'error',
    title: 'sizes do not fit the model',
    text: ({ left, relation, right, leftValue, rightValue, why }) => ({
      message: `${left} must ${relation === '==' ? 'equal' : 'be at most'} ${right}, but ${[
        [left, leftValue] as const,
        [right, rightValue] as const,
      ]
        .filter(([text, value]) => text !== String(value))
        .map(([text, value]) => `${text} is ${value}`)
        .join(' and ')}: ${why}`,
    }),
    explanation:
      'Some uses of sizes cannot be judged while they are letters: that an index stays inside its range, that a reshape keeps ' +
      'the number of entries. They are checked when the sizes are known.',
    example: 'model m\nsize N\ntarget x[i in N] : real\nfactor f = x[2]^2, with --size N=2',
  }),
} as const satisfies MessageTable;

export const dataMessages = { ...fileMessages, ...bindingMessages } as const satisfies MessageTable;

export const diagnoseData = diagnoser(dataMessages);
