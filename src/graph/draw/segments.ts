// Geometry of lines between cells of a grid, in units of cells.

/** How near a line may come to the centre of a cell that it does not end in. */
const clearance = 0.36;

/** Whether the segment from (xa, ya) to (xb, yb) comes near (x, y). */
export const passesThrough = (xa: number, ya: number, xb: number, yb: number, x: number, y: number): boolean => {
  const [dx, dy] = [xb - xa, yb - ya];
  const square = dx * dx + dy * dy;
  if (square === 0) return xa === x && ya === y;
  const t = Math.max(0, Math.min(1, ((x - xa) * dx + (y - ya) * dy) / square));
  const [ex, ey] = [xa + t * dx - x, ya + t * dy - y];
  return ex * ex + ey * ey < clearance * clearance;
};

/** Which side of the line through the first two points the third lies on: -1, 0 or 1. */
const side = (x1: number, y1: number, x2: number, y2: number, x: number, y: number): number =>
  Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));

const overlap = (p: number, q: number, r: number, s: number): boolean =>
  Math.max(Math.min(p, q), Math.min(r, s)) <= Math.min(Math.max(p, q), Math.max(r, s));

/** Whether two segments cross or touch. */
export const crossings = (
  xa: number,
  ya: number,
  xb: number,
  yb: number,
  xc: number,
  yc: number,
  xd: number,
  yd: number,
): boolean => {
  const [c, d] = [side(xa, ya, xb, yb, xc, yc), side(xa, ya, xb, yb, xd, yd)];
  const [a, b] = [side(xc, yc, xd, yd, xa, ya), side(xc, yc, xd, yd, xb, yb)];
  if (a === 0 && b === 0 && c === 0 && d === 0) return overlap(xa, xb, xc, xd) && overlap(ya, yb, yc, yd);
  return a !== b && c !== d;
};
