// The shape rule of every routine. In: shapes of the arguments. Out: shapes of the results. Throws InternalError.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { equal, printShape, shapesEqual, type Dim } from './dims.ts';
import type { ValueInfo } from './program.ts';
import type { RoutineName } from './routines.ts';

type Rule = (args: readonly ValueInfo[]) => readonly ValueInfo[];

const float = (shape: readonly Dim[]): ValueInfo => ({ shape, dtype: 'float' });

const check = (name: RoutineName, args: readonly ValueInfo[], count: number, condition: boolean): void => {
  if (args.length !== count || !condition || args.some((a) => a.dtype !== 'float'))
    throw new InternalError(
      `${name}: wrong arguments ${args.map((a) => `${a.dtype} ${printShape(a.shape)}`).join(', ')}`,
    );
};

const isSquare = (shape: readonly Dim[] | undefined): boolean =>
  shape !== undefined && shape.length >= 2 && equal(shape.at(-1)!, shape.at(-2)!);

const square =
  (name: RoutineName, results: (shape: readonly Dim[]) => readonly ValueInfo[]): Rule =>
  (args) => {
    check(name, args, 1, isSquare(args[0]?.shape));
    return results(args[0]!.shape);
  };

const solver =
  (name: RoutineName): Rule =>
  (args) => {
    const [a, b] = [args[0]?.shape, args[1]?.shape];
    check(name, args, 2, isSquare(a) && b !== undefined && shapesEqual(a!.slice(0, -1), b.slice(0, -1)));
    return [float(b!)];
  };

export const routineShapes: Readonly<Record<RoutineName, Rule>> = {
  cholesky: square('cholesky', (shape) => [float(shape)]),
  'triangular-solve': solver('triangular-solve'),
  'triangular-solve-transposed': solver('triangular-solve-transposed'),
  solve: solver('solve'),
  inverse: square('inverse', (shape) => [float(shape)]),
  'log-abs-det': square('log-abs-det', (shape) => [float(shape.slice(0, -2))]),
  eigh: square('eigh', (shape) => [float(shape.slice(0, -1)), float(shape)]),
  sort: (args) => {
    check('sort', args, 1, args[0] !== undefined && args[0].shape.length >= 1);
    return [float(args[0]!.shape), { shape: args[0]!.shape, dtype: 'int' }];
  },
  'block-tridiagonal': (args) => {
    const [diagonal, below, right] = args.map((a) => a.shape);
    check(
      'block-tridiagonal',
      args,
      3,
      isSquare(diagonal) &&
        diagonal!.length >= 3 &&
        shapesEqual(diagonal!, below ?? []) &&
        shapesEqual(diagonal!.slice(0, -1), right ?? []),
    );
    return [float(right!), float(diagonal!.slice(0, -3)), float(diagonal!), float(diagonal!)];
  },
};
