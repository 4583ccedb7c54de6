/* Inside objective/: the numbers a network computes with. Its files are compiled twice from the same source, for
 * float64 and, with NETWORK_F32 defined, for float32; this header is all that differs. Outside, θ and all results are
 * float64: they are rounded on the way in and widened on the way out. What would lose digits is summed in float64
 * either way.
 *
 * <tgmath.h> makes exp(x), sqrt(x), … those of x's type. The float32 build warns where a real becomes a double. */
#pragma once

#include "base/linalg.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <tgmath.h>

#ifdef NETWORK_F32
typedef float real;
#define real_dot linalg_dot_f32
#define real_norm linalg_norm_f32
#define real_axpy linalg_axpy_f32
#define real_scale linalg_scale_f32
#define real_gemm linalg_gemm_f32
#define real_gemv linalg_gemv_f32
/* Every name that leaves its file. */
#define network_create network_create_f32
#define network_create_lent network_create_lent_f32
#define network_build network_build_f32
#define network_evaluator_create network_evaluator_create_f32
#define network_evaluator_destroy network_evaluator_destroy_f32
#define network_evaluator_loss network_evaluator_loss_f32
#define network_evaluator_gradient network_evaluator_gradient_f32
#define network_evaluator_losses network_evaluator_losses_f32
#define network_evaluator_hvp network_evaluator_hvp_f32
#define network_evaluator_gauss_newton network_evaluator_gauss_newton_f32
#define network_evaluator_hessian network_evaluator_hessian_f32
#define network_evaluator_accuracy network_evaluator_accuracy_f32
#define network_evaluator_last_accuracy network_evaluator_last_accuracy_f32
#define network_evaluator_track network_evaluator_track_f32
#define network_evaluator_outputs network_evaluator_outputs_f32
#define network_evaluator_test network_evaluator_test_f32
#define network_loss network_loss_f32
#define network_loss_curvature network_loss_curvature_f32
#define network_right network_right_f32
#define layout_add layout_add_f32
#define dense_make dense_make_f32
#define convolution_make convolution_make_f32
#define pool_make pool_make_f32
#define flatten_make flatten_make_f32
#define activation_make activation_make_f32
#define activation_apply activation_apply_f32
#define activation_derivatives activation_derivatives_f32
#define activation_exp activation_exp_f32
#define norm_make norm_make_f32
#define dropout_make dropout_make_f32
#define affine_make affine_make_f32
#define affine_weights affine_weights_f32
#define affine_bias affine_bias_f32
#define affine_matrix affine_matrix_f32
#define affine_moved affine_moved_f32
#define affine_slope affine_slope_f32
#define affine_initialise affine_initialise_f32
#define affine_lay_out affine_lay_out_f32
#define weights_scratch weights_scratch_f32
#define weights_direction_scratch weights_direction_scratch_f32
#define weights_room weights_room_f32
#define weights_initialise weights_initialise_f32
#define weights_prepare weights_prepare_f32
#define weights_direction weights_direction_f32
#define weights_slope weights_slope_f32
#define weights_direction_clear weights_direction_clear_f32
#define weights_direction_slope weights_direction_slope_f32
#define weights_finish weights_finish_f32
#define weights_direction_finish weights_direction_finish_f32
#else
typedef double real;
#define real_dot linalg_dot
#define real_norm linalg_norm
#define real_axpy linalg_axpy
#define real_scale linalg_scale
#define real_gemm linalg_gemm
#define real_gemv linalg_gemv
#endif

enum { REAL_IS_DOUBLE = sizeof(real) == sizeof(double) };

/* `count` float64 numbers as reals: themselves, or rounded into `room`. */
static inline const real *real_read(size_t count, const double *values, real *room) {
    if (REAL_IS_DOUBLE) return (const real *)(const void *)values;
    for (size_t i = 0; i < count; i++) room[i] = (real)values[i];
    return room;
}

/* Where to add a share of a float64 `sum`: the sum itself, or `room` set to 0 … */
static inline real *real_share(size_t count, double *sum, real *room) {
    if (REAL_IS_DOUBLE) return (real *)(void *)sum;
    return memset(room, 0, count * sizeof *room);
}

/* … and to have it there. */
static inline void real_add(size_t count, const real *share, double *sum) {
    for (size_t i = 0; !REAL_IS_DOUBLE && i < count; i++) sum[i] += (double)share[i];
}
