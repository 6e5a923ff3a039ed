// Dense linear algebra on the last axes, batched over leading ones; never fused. Float64 inside, wherever they run.
// Their shapes, gradients and reference code are one entry each in routine-table.ts.
//
//   cholesky(A[…, D, D])                      → L lower, A = L L'. Not positive definite: NaN in that batch entry.
//   triangular-solve(L[…, D, D], B[…, D, M])  → L⁻¹ B
//   triangular-solve-transposed(L, B)         → L⁻ᵀ B
//   solve(A[…, D, D], B[…, D, M])             → A⁻¹ B (LU with partial pivoting)
//   inverse(A)                                → A⁻¹
//   log-abs-det(A)                            → log |det A| […]
//   eigh(A symmetric)                         → values ascending […, D], vectors in columns […, D, D]
//   sort(v[…, N])                             → ascending […, N], the permutation […, N] as int
//   block-tridiagonal(D[…, T, d, d], E[…, T, d, d], b[…, T, d])
//        the symmetric system with diagonal blocks D[t] and blocks E[t] = A[t, t-1] (E[0] is ignored):
//        → x[…, T, d] = A⁻¹ b, log det A […], covariance blocks (A⁻¹)[t, t] […, T, d, d], (A⁻¹)[t, t-1] […, T, d, d] (0 at t = 0)

export const routineNames = [
  'cholesky',
  'triangular-solve',
  'triangular-solve-transposed',
  'solve',
  'inverse',
  'log-abs-det',
  'eigh',
  'sort',
  'block-tridiagonal',
] as const;
export type RoutineName = (typeof routineNames)[number];
