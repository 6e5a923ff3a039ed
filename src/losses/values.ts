// Numbers and arrays that a loss reads besides free energies. In: a view and expressions of one point. Out: values over the
// axis of the points.
import { lowerExpression } from '../lower/expression.ts';
import { binderAxis, withAxes } from '../lower/environment.ts';
import type { Axis, NamedTensor } from '../lower/named-tensor.ts';
import { aligned, contractNamed, scalar } from '../lower/named-tensor.ts';
import type { LossName } from '../semantics/losses.ts';
import { losses } from '../semantics/losses.ts';
import type { Expr } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import type { FreeEnergyKind, LossSubject, LossView } from './loss.ts';

/** The axis of the points; none when the data are one point. */
export const pointAxes = ({ plate }: LossSubject): readonly Axis[] => (plate === null ? [] : [binderAxis(plate)]);

/** An expression of one point. */
export const ofPoint = (view: LossView, expr: Expr): NamedTensor =>
  lowerExpression(withAxes(view.env, pointAxes(view)), expr);

/** The whole array of an expression that stands for a node in each point: [points, …shape]. */
export const ofAllPoints = (view: LossView, expr: Expr): Value =>
  aligned(view.env.builder, ofPoint(view, expr), pointAxes(view), true);

/** The number that an option has, or its default. */
export const numberOption = (view: LossView, name: string): NamedTensor => {
  const { call, env } = view;
  const written = call?.options[name];
  if (written !== undefined) return ofPoint(view, written);
  const standard = losses[call!.name as LossName].options[name]!.default;
  return scalar(env.builder.constant(Number(standard)));
};

/** F of each point over the axis of the points. */
export const givenPoints = (view: LossView, replaced?: ReadonlyMap<string, Value>): NamedTensor => {
  const { total, points } = view.freeEnergy('given', replaced);
  const axes = pointAxes(view);
  return axes.length === 0 ? scalar(total) : { value: points!, axes, shape: [] };
};

/** Σ of the free energy by which the data exceed another one. Where both are known point by point they are subtracted there:
 *  the two sums can be a thousand times as large as their difference, and float32 would round it away. */
export const sumOfExcess = (view: LossView, kind: Exclude<FreeEnergyKind, 'given'>): Value => {
  const b = view.env.builder;
  const [data, other] = [view.freeEnergy('given'), view.freeEnergy(kind)];
  const pointwise =
    data.points !== null && other.points !== null && dims.shapesEqual(data.points.shape, other.points.shape);
  return pointwise ? b.sum(b.sub(data.points!, other.points!)) : b.sub(data.total, other.total);
};

/** Σ over the points, and over whatever else a tensor has axes for. A tensor that is the same for all points counts once
 *  for each of them. */
export const sumOverPoints = (view: LossView, loss: NamedTensor): Value => {
  const { builder } = view.env;
  const axes = [...pointAxes(view), ...loss.axes.filter((a) => a.id !== view.plate?.id)];
  const whole: NamedTensor = { value: aligned(builder, loss, axes, true), axes, shape: [] };
  return contractNamed(builder, 'sum-product', [{ tensor: whole, labels: [] }], []).value;
};
