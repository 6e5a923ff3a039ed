// The messages of EBM601 to EBM619: files that cannot be read or written. In: the parameters of one occurrence. Out: text.
import type { Message, MessageTable } from '../message.ts';
import { didYouMean, list, plural, quote } from '../wording.ts';
import { longLine, transcript } from '../transcript.ts';

/** The model of most examples. */
const points = 'model m\nsize N, D\nplate n in N {\n  target y : real[D]\n  factor f = ||y||^2\n}';
const twoParams =
  'model two\nsize N\nparam a, b : real\nfactor prior = a^2 + b^2\nplate n in N {\n  target t : real\n  factor f = (t - a - b)^2\n}';

const message = <P>(entry: Message<P>): Message<P> => entry;

export const fileMessages = {
  EBM601: message<{ file: string; problem: string; nearest: string | null }>({
    severity: 'error',
    title: 'cannot read a file',
    text: ({ file, problem, nearest }) => ({ message: `cannot read ${file}: ${problem}`, hints: didYouMean(nearest) }),
    explanation:
      'A file named on the command line does not exist, is a directory, or may not be read by you. ' +
      'Paths are relative to the directory you are in, not to the model file.',
    example: transcript('ebmc run m.ebm --data y=no-such-file.csv', { 'm.ebm': points }),
  }),
  EBM602: message<{ file: string; what: string }>({
    severity: 'error',
    title: 'empty data file',
    text: ({ file, what }) => ({ message: `${file} ${what}` }),
    explanation: 'The file holds no numbers: it is empty, or it has a header row and nothing below it.',
    example: transcript('ebmc run m.ebm --data y=empty.csv', { 'm.ebm': points, 'empty.csv': '' }),
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
    example: transcript('ebmc run m.ebm --data y=points.csv', { 'm.ebm': points, 'points.csv': '1,2\n3,4,5' }),
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
    example: transcript('ebmc run m.ebm --data y=points.csv', { 'm.ebm': points, 'points.csv': '1,2\n3,four' }),
  }),
  EBM605: message<{ column: string; columns: readonly string[]; count: number; nearest: string | null }>({
    severity: 'error',
    title: 'unknown column',
    text: ({ column, columns, count, nearest }) => ({
      message: `there is no column ${quote(column)} among ${plural(count, 'column')}`,
      hints: [
        ...didYouMean(nearest),
        columns.length > 0 ? `columns: ${list(columns)}` : 'the file has no header: count columns from 1',
      ],
    }),
    explanation:
      'After the path, `:a,b` selects columns: by the names in the header row, or by number, counted from 1. ' +
      'The file is searched for exactly these.',
    example: transcript('ebmc run m.ebm --data y=points.csv:width', {
      'm.ebm': points,
      'points.csv': 'length,height\n1,2',
    }),
  }),
  EBM606: message<{ problem: string }>({
    severity: 'error',
    title: 'not a readable .npy file',
    text: ({ problem }) => ({ message: `not a .npy file that can be read: ${problem}` }),
    explanation:
      'NumPy files of format 1 to 3 are read, little or big endian, C or Fortran order, of float16, float32 and float64, ' +
      'signed and unsigned integers and booleans. Object arrays, complex numbers, strings and records are not.',
    example: transcript('ebmc run m.ebm --data y=points.npy', { 'm.ebm': points, 'points.npy': '1,2\n3,4' }),
  }),
  EBM607: message<{ problem: string }>({
    severity: 'error',
    title: 'not a JSON array of numbers',
    text: ({ problem }) => ({ message: `not nested arrays of numbers: ${problem}` }),
    explanation:
      'A data file in JSON is a number, or arrays of numbers nested as deep as the shape: `[[1, 2], [3, null]]`. ' +
      '`null` is a missing value.',
    example: transcript('ebmc run m.ebm --data y=points.json', { 'm.ebm': points, 'points.json': '{"y": [1, 2]}' }),
  }),
  EBM608: message<{ file: string; endings: readonly string[] | null }>({
    severity: 'error',
    title: 'not a text file',
    text: ({ file, endings }) => ({
      message: `${file} is not a text file`,
      hints: [
        endings === null
          ? 'a model is written in UTF-8 text; its name ends in .ebm'
          : `the ending of a file name says how it is read: ${endings.join(', ')}`,
      ],
    }),
    explanation:
      'The bytes of the file are not UTF-8 text, so it is no .csv or .json file, nor a model. ' +
      'Spreadsheets, pictures and archives must be converted first.',
    example: transcript('ebmc run m.ebm --data y=photo.csv', { 'm.ebm': points, 'photo.csv': 'PNG\u0000\u0001' }),
  }),
  EBM609: message<{ file: string; ending: string; endings: readonly string[] }>({
    severity: 'error',
    title: 'unknown kind of data file',
    text: ({ file, ending, endings }) => ({
      message: `${file}: ${ending === '' ? 'a file without an ending' : `.${ending} files`} cannot be read as data`,
      hints: [`data files end in ${endings.join(', ')}`],
    }),
    explanation:
      'The ending of the name says how a data file is read. Known are .csv, .tsv, .json, .npy, .npz, .safetensors and .idx ' +
      "(also MNIST's own names, such as train-images-idx3-ubyte), and each of them compressed, with .gz after it.",
    example: transcript('ebmc run m.ebm --data y=points.xlsx', { 'm.ebm': points, 'points.xlsx': 'PK' }),
  }),
  EBM610: message<{ problem: string }>({
    severity: 'error',
    title: 'malformed CSV',
    text: ({ problem }) => ({ message: `malformed table: ${problem}` }),
    explanation: 'A quoted cell begins and ends with ", and a quote inside it is doubled. Numbers need no quotes.',
    example: transcript('ebmc run m.ebm --data y=points.csv', { 'm.ebm': points, 'points.csv': '"1,2\n3,4' }),
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
    example: transcript('ebmc run m.ebm --data y=points.json', { 'm.ebm': points, 'points.json': '[[1, 2], [3]]' }),
  }),
  EBM612: message<{ file: string; problem: string }>({
    severity: 'error',
    title: 'cannot write a file',
    text: ({ file, problem }) => ({ message: `cannot write ${file}: ${problem}` }),
    explanation:
      'A result could not be written: the directory is missing, may not be written by you, or the disk is full. ' +
      'Nothing was written; files are written whole or not at all.',
    example: transcript('ebmc compile m.ebm -o no/such/directory/out.js', { 'm.ebm': points }),
  }),
  EBM613: message<{ file: string; problem: string }>({
    severity: 'error',
    title: 'not a file of params',
    text: ({ file, problem }) => ({ message: `${file} is not a file of params: ${problem}` }),
    explanation:
      '`--params` reads what `ebmc train` or `ebmc run -o DIR` wrote (.safetensors), what `ebmc run --json` printed (its ' +
      '"params"), or a JSON object with an array for each param: `{"w": [[1, 2]]}`.',
    example: transcript('ebmc run m.ebm --params w.json', { 'm.ebm': points, 'w.json': '[1, 2]' }),
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
    example: transcript('ebmc run m.ebm --data y=points.safetensors', {
      'm.ebm': points,
      'points.safetensors': '1,2\n3,4',
    }),
  }),
  EBM615: message<{ problem: string }>({
    severity: 'error',
    title: 'not a readable .idx file',
    text: ({ problem }) => ({ message: `not an .idx file that can be read: ${problem}` }),
    explanation:
      'The format of MNIST: two zero bytes, the type of the elements, the number of dimensions, the dimensions, the numbers, ' +
      'all big endian. Its element types are unsigned and signed bytes, 16 and 32 bit integers, float32 and float64. A file ' +
      'compressed by gzip keeps the ending .gz.',
    example: transcript('ebmc run m.ebm --data y=digits.idx', { 'm.ebm': points, 'digits.idx': '1,2\n3,4' }),
  }),
  EBM616: message<{ problem: string }>({
    severity: 'error',
    title: 'archive that cannot be unpacked',
    text: ({ problem }) => ({ message: `not an archive that can be unpacked: ${problem}` }),
    explanation:
      'A .npz file is a zip archive of .npy arrays, as numpy.savez and numpy.savez_compressed write it; a .gz file is one file ' +
      'compressed by gzip. An archive that was cut off or damaged is refused, and so is one that would unpack to more than 2 GiB.',
    example: transcript('ebmc run m.ebm --data y=points.npz', { 'm.ebm': points, 'points.npz': '1,2\n3,4' }),
  }),
  EBM617: message<{
    file: string;
    asked: string | null;
    variable: string | null;
    names: readonly string[];
    nearest: string | null;
  }>({
    severity: 'error',
    title: 'no such array in the file',
    text: ({ file, asked, variable, names, nearest }) => ({
      message:
        asked !== null
          ? `${file} holds no array named ${asked}`
          : names.length === 0
            ? `${file} holds no arrays`
            : `${file} holds ${plural(names.length, 'array')}, ${variable === null ? 'and none is chosen' : `none of them named ${variable}`}`,
      hints: [
        ...didYouMean(nearest),
        ...(names.length === 0 ? [] : [`it holds: ${list(names)}`]),
        ...(asked === null && names.length > 0 ? [`choose one: ${variable ?? 'NAME'}=${file}:${names[0]}`] : []),
      ],
    }),
    explanation:
      'A .npz or .safetensors file holds arrays by name. `--data y=FILE:name` reads one of them; `--data y=FILE` the one named ' +
      'y, or the only one.',
    example: transcript(['ebmc run two.ebm --data t=t.csv -o out', 'ebmc run m.ebm --data y=out/params.safetensors'], {
      'two.ebm': twoParams,
      't.csv': '1\n2',
      'm.ebm': points,
    }),
  }),
  EBM618: message<{ limit: number }>({
    severity: 'error',
    title: 'line too long',
    text: ({ limit }) => ({
      message: `this line is longer than ${limit / 2 ** 20} MiB`,
      hints: ['is this a table, with one point on each line? one long array belongs into .npy or .json'],
    }),
    explanation:
      'A table is read line by line, one point on each. A line of many millions of cells is held whole while it is read and ' +
      'is nearly always a file of another kind, or one that lost its line breaks.',
    example: transcript('ebmc run m.ebm --data y=points.csv', { 'm.ebm': points, 'points.csv': longLine }),
  }),
  EBM619: message<{ file: string; limit: number }>({
    severity: 'error',
    title: 'model too long',
    text: ({ file, limit }) => ({
      message: `${file} is longer than the ${limit / 2 ** 20} MiB that a model may have`,
      hints: ['numbers belong into data files: `data x : real[N, D]` in the model, and --data x=FILE'],
    }),
    explanation:
      'A model says how variables depend on each other; the numbers come from data files, which may be large. A text of this ' +
      'length is a data file, or a network written out factor by factor that an indexed factor can say in one line.',
    example: transcript('ebmc check points.csv', { 'points.csv': longLine }),
  }),
} as const satisfies MessageTable;
