"""GRIDSAMPLE: an image (C, H, W) on a grid of P x Q places moved by an affine map theta (2, 3), bilinear, zero outside.

Output place (x, y) in [-1, 1]^2, -1 and 1 being the centres of the first and the last pixel, takes the value at
theta (x, y, 1). In pixels the source of (p, q) is
    px = (W - 1)/2 (1 + theta_0 x_q + theta_1 y_p + theta_2),  py = (H - 1)/2 (1 + theta_3 x_q + theta_4 y_p + theta_5);
an axis of one place has coordinate 0. With `edges` set, -1 and 1 are the outer edges of these pixels:
    px = W/2 (1 + theta_0 x_q + theta_1 y_p + theta_2) - 1/2,  py likewise,  x_q = (2 q + 1)/Q - 1.
With `relative` set, 1 is added to theta_0 and theta_4. Coordinates are float64 in both precisions, written so that the
identity gives whole pixels exactly. A pixel border is a kink: there the derivative is that of the cell with the larger
coordinates. A theta that is not finite gives NaN.
Source: Jaderberg et al., arXiv:1506.02025, section 3 and equations 5 to 7.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .family import ROWS, descriptor, operand

GEOMETRY = "channels height width out_height out_width relative edges".split()  # behind the operands
CHANNELS, HEIGHT, WIDTH, P, Q, RELATIVE, EDGES = range(len(GEOMETRY))


@kernel
def _steps(edges, pixels, places):
    """Pixels per unit of 2 k - (places - 1), which is (places - 1), or `places` with edges, times the coordinate of place k."""
    return (pixels - 1 + edges) / 2.0 / (places - 1 + edges) if places > 1 - edges else 0.0


@kernel
def _cell(position, pixels):
    """The pixel before a position and the distance from it; positions far outside count as one pixel outside."""
    t = position if position > -2.0 else -2.0  # NaN too
    t = min(t, float(pixels + 1))
    k = int(t)
    if t < k:
        k -= 1
    return k, t - k


@kernel
def _source(g, edges, theta, p, q):
    """The cell of an output place: row, column, and the distances from their first pixel."""
    u, v = 2 * q - (g[Q] - 1), 2 * p - (g[P] - 1)
    half_x, half_y = (g[WIDTH] - 1 + edges) * 0.5, (g[HEIGHT] - 1 + edges) * 0.5
    a, e = float(theta[0]) + g[RELATIVE], float(theta[4]) + g[RELATIVE]
    px = half_x * (1.0 + theta[2]) + a * (u * _steps(edges, g[WIDTH], g[Q])) + theta[1] * (v * _steps(edges, g[WIDTH], g[P]))
    py = half_y * (1.0 + theta[5]) + theta[3] * (u * _steps(edges, g[HEIGHT], g[Q])) + e * (v * _steps(edges, g[HEIGHT], g[P]))
    if edges:
        px, py = px - 0.5, py - 0.5
    column, fx = _cell(px, g[WIDTH])
    row, fy = _cell(py, g[HEIGHT])
    return row, column, fy, fx


@kernel
def _pixel(g, image, row, column):
    zero = number(image[0], 0.0)
    inside = 0 <= row < g[HEIGHT] and 0 <= column < g[WIDTH]
    return image[row * g[WIDTH] + column] if inside else zero


@kernel
def _not_finite(theta):
    """0, or NaN where one of the six numbers is not finite."""
    total = theta[0] - theta[0]
    for i in range(1, 6):
        total += theta[i] - theta[i]
    return total


@kernel
def _add_pixel(g, image, row, column, value):
    if 0 <= row < g[HEIGHT] and 0 <= column < g[WIDTH]:
        image[row * g[WIDTH] + column] += value


IMAGE = descriptor("theta grad_y grad_x", geometry=GEOMETRY, writes="grad_x")


@kernel
def _image_backward(d, run, arena, edges):
    """With `edges` 0 or 1, a constant of the code."""
    six, gradient = operand(d, IMAGE.theta, run, arena), operand(d, IMAGE.grad_y, run, arena)
    result, g = operand(d, IMAGE.grad_x, run, arena), shift(d, IMAGE.geometry)
    pixels, places = g[HEIGHT] * g[WIDTH], g[P] * g[Q]
    zero, one = number(six[0], 0.0), number(six[0], 1.0)
    for r in range(run[ROWS]):
        map_, given, event = shift(six, r * 6), shift(gradient, r * d[IMAGE.grad_y_size]), shift(result, r * d[IMAGE.grad_x_size])
        for i in range(d[IMAGE.grad_x_size]):
            event[i] = zero
        for p in range(g[P]):
            for q in range(g[Q]):
                row, column, fy, fx = _source(g, edges, map_, p, q)
                right, below = number(zero, fx), number(zero, fy)
                for c in range(g[CHANNELS]):
                    image, value = shift(event, c * pixels), given[c * places + p * g[Q] + q]
                    upper, lower = value * (one - below), value * below
                    _add_pixel(g, image, row, column, upper * (one - right))
                    _add_pixel(g, image, row, column + 1, upper * right)
                    _add_pixel(g, image, row + 1, column, lower * (one - right))
                    _add_pixel(g, image, row + 1, column + 1, lower * right)


@family(IMAGE, flops=(30, "grad_y"), kind="window")
def grid_sample_image_backward(d, run, arena, theta, copies, grad):
    """Gradient with respect to the image, place after place; overwrites: theta grad_y grad_x geometry."""
    if d[IMAGE.geometry + EDGES]:
        _image_backward(d, run, arena, 1)
    else:
        _image_backward(d, run, arena, 0)
    return 0.0


THETA = descriptor("x theta grad_y grad_theta", geometry=GEOMETRY, writes="grad_theta")


@kernel
def _theta_backward(d, run, arena, edges):
    """Likewise."""
    x, six = operand(d, THETA.x, run, arena), operand(d, THETA.theta, run, arena)
    gradient, result, g = operand(d, THETA.grad_y, run, arena), operand(d, THETA.grad_theta, run, arena), shift(d, THETA.geometry)
    pixels, places = g[HEIGHT] * g[WIDTH], g[P] * g[Q]
    half_x, half_y = (g[WIDTH] - 1 + edges) * 0.5, (g[HEIGHT] - 1 + edges) * 0.5
    for r in range(run[ROWS]):
        event, map_, given = shift(x, r * d[THETA.x_size]), shift(six, r * 6), shift(gradient, r * d[THETA.grad_y_size])
        s0, s1, s2, s3, s4, s5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for p in range(g[P]):
            for q in range(g[Q]):
                row, column, fy, fx = _source(g, edges, map_, p, q)
                dx, dy = 0.0, 0.0
                for c in range(g[CHANNELS]):
                    image, value = shift(event, c * pixels), float(given[c * places + p * g[Q] + q])
                    a, b = float(_pixel(g, image, row, column)), float(_pixel(g, image, row, column + 1))
                    e, f = float(_pixel(g, image, row + 1, column)), float(_pixel(g, image, row + 1, column + 1))
                    dx += value * ((b - a) * (1.0 - fy) + (f - e) * fy)
                    dy += value * ((e - a) * (1.0 - fx) + (f - b) * fx)
                u, v = 2 * q - (g[Q] - 1), 2 * p - (g[P] - 1)
                s0 += dx * (u * _steps(edges, g[WIDTH], g[Q]))
                s1 += dx * (v * _steps(edges, g[WIDTH], g[P]))
                s2 += dx * half_x
                s3 += dy * (u * _steps(edges, g[HEIGHT], g[Q]))
                s4 += dy * (v * _steps(edges, g[HEIGHT], g[P]))
                s5 += dy * half_y
        out, like = shift(result, r * 6), x[0]
        out[0], out[1], out[2] = number(like, s0), number(like, s1), number(like, s2)
        out[3], out[4], out[5] = number(like, s3), number(like, s4), number(like, s5)


@family(THETA, flops=(40, "grad_y"), kind="window")
def grid_sample_theta_backward(d, run, arena, theta, copies, grad):
    """Gradient with respect to theta, summed in float64; overwrites: x theta grad_y grad_theta geometry."""
    if d[THETA.geometry + EDGES]:
        _theta_backward(d, run, arena, 1)
    else:
        _theta_backward(d, run, arena, 0)
    return 0.0


GRID = descriptor("x theta y", geometry=GEOMETRY, writes="y")


@kernel
def _sample(d, run, arena, edges):
    """Likewise."""
    x, six, y = operand(d, GRID.x, run, arena), operand(d, GRID.theta, run, arena), operand(d, GRID.y, run, arena)
    g = shift(d, GRID.geometry)
    pixels, places = g[HEIGHT] * g[WIDTH], g[P] * g[Q]
    for r in range(run[ROWS]):
        event, map_, out = shift(x, r * d[GRID.x_size]), shift(six, r * 6), shift(y, r * d[GRID.y_size])
        spoiled = _not_finite(map_)
        for p in range(g[P]):
            for q in range(g[Q]):
                row, column, fy, fx = _source(g, edges, map_, p, q)
                right, below = number(spoiled, fx), number(spoiled, fy)
                for c in range(g[CHANNELS]):
                    image = shift(event, c * pixels)
                    a, b = _pixel(g, image, row, column), _pixel(g, image, row, column + 1)
                    e, f = _pixel(g, image, row + 1, column), _pixel(g, image, row + 1, column + 1)
                    upper, lower = a + right * (b - a), e + right * (f - e)
                    out[c * places + p * g[Q] + q] = upper + below * (lower - upper) + spoiled


@family(GRID, backward=[grid_sample_image_backward, grid_sample_theta_backward], flops=(30, "y"), kind="window")
def grid_sample(d, run, arena, theta, copies, grad):
    """x theta y channels height width out_height out_width relative edges."""
    if d[GRID.geometry + EDGES]:
        _sample(d, run, arena, 1)
    else:
        _sample(d, run, arena, 0)
    return 0.0
