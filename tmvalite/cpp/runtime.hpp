// What all classes written by tmvalite share: loops over numbers. C++17, nothing but the standard library.
// Images are channels, rows, columns; matrices are packed in blocks of columns, as `product` reads them.
#ifndef TMVALITE_RUNTIME
#define TMVALITE_RUNTIME 1

namespace tmvalite {

constexpr int block = 64, few = 4;  // columns of a matrix that are stored side by side; columns that are too few for that

template <typename Integer, typename Number>
inline Integer bits(Number x) {
  static_assert(sizeof(Integer) == sizeof(Number));
  Integer y;
  std::memcpy(&y, &x, sizeof y);
  return y;
}

// The formulas of tmvalite's own kernels, without a branch, so that loops over them are vectorised; a NaN stays one. ln 2 comes in
// two parts, of which the first has few digits: n times it is exact also where a machine has no fused multiply-add. A number of
// size below 2^22 plus `shift` is rounded to an integer, which stands in its last bits.
constexpr float shift = 12582912.0f;
inline float power_of_two(float shifted) { return bits<float>((bits<std::uint32_t>(shifted) - 0x4B400000u + 127u) << 23); }

inline float exp(float x) {
  x = std::fabs(x) > 104.0f ? std::copysign(104.0f, x) : x;
  const float n = (x * 1.44269504f + shift) - shift, first = n * 0.5f + shift;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  const float q = (((0.0013926213f * r + 0.008363203f) * r + 0.041666556f) * r + 0.16666577f) * r + 0.5f;
  return ((r * r * q + r) + 1.0f) * power_of_two(first) * power_of_two((n - (first - shift)) + shift);
}
inline double exp(double x) { return std::exp(x); }

inline float tanh(float x) {  // t / (t + 1) with t = (e^2x - 1) / 2, h a rest within a quarter of ln 2
  x = std::fabs(x) > 10.0f ? std::copysign(10.0f, x) : x;
  const float shifted = x * 2.88539008f + shift, n = shifted - shift, scale = power_of_two(shifted);
  const float h = (x - n * 0.3466796875f) - n * -1.06097220e-4f;
  const float q = (((0.0445638816f * h + 0.133811248f) * h + 0.333332448f) * h + 0.66666308f) * h + 1.0f;
  const float t = scale * (h * h * q + h) + (scale * 0.5f - 0.5f);
  return t / (t + 1.0f);
}
inline double tanh(double x) { return std::tanh(x); }

template <typename T>
inline T sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}
template <typename T>
inline T identity(T x) {
  return x;
}

#if defined(__AVX__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif

// Several numbers that the processor adds and multiplies at once. Compilers without vectors loop over them.
template <typename T>
struct Lanes {
  static constexpr int n = register_bytes / static_cast<int>(sizeof(T));
#if defined(__GNUC__)
  typedef T Register __attribute__((vector_size(register_bytes)));
  Register value;
  void load(const T* from) { std::memcpy(&value, from, sizeof value); }
  void store(T* to) const { std::memcpy(to, &value, sizeof value); }
  void add_product(T x, const Lanes& w) { value += x * w.value; }
#else
  T value[n];
  void load(const T* from) { std::copy(from, from + n, value); }
  void store(T* to) const { std::copy(value, value + n, to); }
  void add_product(T x, const Lanes& w) {
    for (int i = 0; i < n; ++i) value[i] += x * w.value[i];
  }
#endif
};
#if defined(__GNUC__)
#define TMVALITE_UNROLL _Pragma("GCC unroll 16")
#else
#define TMVALITE_UNROLL
#endif

// y[j] = b[j] + sum over k of x[k] w[k, j]: one chain a column, in the order of k, `Together` registers of columns at a time.
template <typename T, int K, int Stride, int Together>
inline void columns(const T* x, const T* w, const T* b, T* y) {
  constexpr int n = Lanes<T>::n;
  Lanes<T> sum[Together], row;
  TMVALITE_UNROLL
  for (int j = 0; j < Together; ++j) sum[j].load(b + j * n);
  for (int k = 0; k < K; ++k, w += Stride) {
    const T value = x[k];
    TMVALITE_UNROLL
    for (int j = 0; j < Together; ++j) {
      row.load(w + j * n);
      sum[j].add_product(value, row);
    }
  }
  TMVALITE_UNROLL
  for (int j = 0; j < Together; ++j) sum[j].store(y + j * n);
}

// A block of `Width` columns, w is (K, Width).
template <typename T, int K, int Width>
inline void block_of_columns(const T* x, const T* w, const T* b, T* y) {
  constexpr int n = Lanes<T>::n, many = 8, registers = Width / n, full = registers / many;
  for (int i = 0; i < full; ++i) columns<T, K, Width, many>(x, w + i * many * n, b + i * many * n, y + i * many * n);
  constexpr int done = full * many * n, rest = registers - full * many;
  if constexpr (rest > 0) columns<T, K, Width, rest>(x, w + done, b + done, y + done);
  for (int j = registers * n; j < Width; ++j) {
    T sum = b[j];
    for (int k = 0; k < K; ++k) sum += x[k] * w[k * Width + j];
    y[j] = sum;
  }
}

// The product with a matrix (K, N), in blocks of columns; w is (N, K) where the columns are few.
template <typename T, int K, int N>
inline void product(const T* x, const T* w, const T* b, T* y) {
  if constexpr (N <= few) {  // eight chains over k
    for (int j = 0; j < N; ++j, w += K) {
      T sum[8] = {};
      int k = 0;
      for (; k + 8 <= K; k += 8)
        for (int i = 0; i < 8; ++i) sum[i] += x[k + i] * w[k + i];
      T rest = 0;
      for (; k < K; ++k) rest += x[k] * w[k];
      y[j] = b[j] + (((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))) + rest;
    }
  } else {
    constexpr int full = N / block;
    for (int i = 0; i < full; ++i) block_of_columns<T, K, block>(x, w + i * K * block, b + i * block, y + i * block);
    if constexpr (N % block > 0) block_of_columns<T, K, N % block>(x, w + full * K * block, b + full * block, y + full * block);
  }
}

// An image with a frame of `value` around it.
template <typename T, int C, int H, int W, int Top, int Left, int Bottom, int Right>
inline void frame(const T* x, T value, T* y) {
  constexpr int rows = H + Top + Bottom, width = W + Left + Right;
  for (int i = 0; i < C * rows * width; ++i) y[i] = value;
  for (int c = 0; c < C; ++c)
    for (int r = 0; r < H; ++r)
      for (int k = 0; k < W; ++k) y[(c * rows + r + Top) * width + k + Left] = x[(c * H + r) * W + k];
}

// Pixels of one row of a convolution: `Together` filters over `Wide` registers of neighbouring windows, one pixel apart.
template <typename T, int Inner, int H, int W, int KH, int KW, int Together, int Wide, int Plane>
inline void convolve_registers(const T* x, const T* w, const T* b, T* y) {
  constexpr int n = Lanes<T>::n;
  Lanes<T> sum[Together][Wide], pixels;
  TMVALITE_UNROLL
  for (int t = 0; t < Together; ++t) {
    T start[n];
    for (int k = 0; k < n; ++k) start[k] = b[t];
    TMVALITE_UNROLL
    for (int k = 0; k < Wide; ++k) sum[t][k].load(start);
  }
  for (int c = 0; c < Inner; ++c)
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j, w += Together) {
        const T* from = x + (c * H + i) * W + j;
        TMVALITE_UNROLL
        for (int k = 0; k < Wide; ++k) {
          pixels.load(from + k * n);
          TMVALITE_UNROLL
          for (int t = 0; t < Together; ++t) sum[t][k].add_product(w[t], pixels);
        }
      }
  TMVALITE_UNROLL
  for (int t = 0; t < Together; ++t) {
    TMVALITE_UNROLL
    for (int k = 0; k < Wide; ++k) sum[t][k].store(y + t * Plane + k * n);
  }
}

// O filters (each of G groups has its share) of C / G channels over an image that has its frame already. w is
// (O / Together, C / G, KH, KW, Together): filters that are summed together. The last registers of a row may overlap.
template <typename T, int C, int H, int W, int O, int KH, int KW, int SR, int SC, int G, int Together>
inline void convolution(const T* x, const T* w, const T* b, T* y) {
  constexpr int OH = (H - KH) / SR + 1, OW = (W - KW) / SC + 1, inner = C / G, each = O / G, n = Lanes<T>::n;
  for (int o = 0; o < O; o += Together, w += inner * KH * KW * Together) {
    for (int r = 0; r < OH; ++r) {
      const T* image = x + ((o / each) * inner * H + r * SR) * W;
      T* row = y + (o * OH + r) * OW;
      if constexpr (SC == 1 && OW >= n) {
        constexpr int wide = OW >= 2 * n ? 2 : 1;
        for (int k = 0; k < OW; k += wide * n) {
          const int at = k + wide * n > OW ? OW - wide * n : k;
          convolve_registers<T, inner, H, W, KH, KW, Together, wide, OH * OW>(image + at, w, b + o, row + at);
        }
      } else {
        for (int t = 0; t < Together; ++t)
          for (int k = 0; k < OW; ++k) {
            T sum = b[o + t];
            for (int c = 0; c < inner; ++c)
              for (int i = 0; i < KH; ++i)
                for (int j = 0; j < KW; ++j)
                  sum += w[((c * KH + i) * KW + j) * Together + t] * image[(c * H + i) * W + k * SC + j];
            row[t * OH * OW + k] = sum;
          }
      }
    }
  }
}

// The transposed convolution: every pixel adds its filters to the result. w is (C, O, KH, KW).
template <typename T, int C, int H, int W, int O, int KH, int KW, int SR, int SC, int Top, int Left, int OH, int OW>
inline void transposed(const T* x, const T* w, const T* b, T* y) {
  for (int o = 0; o < O; ++o)
    for (int i = 0; i < OH * OW; ++i) y[o * OH * OW + i] = b[o];
  for (int c = 0; c < C; ++c)
    for (int o = 0; o < O; ++o)
      for (int i = 0; i < KH; ++i)
        for (int j = 0; j < KW; ++j) {
          const T value = w[((c * O + o) * KH + i) * KW + j];
          for (int r = 0; r < H; ++r) {
            const int row = r * SR + i - Top;
            if (row < 0 || row >= OH) continue;
            for (int k = 0; k < W; ++k) {
              const int column = k * SC + j - Left;
              if (column >= 0 && column < OW) y[(o * OH + row) * OW + column] += value * x[(c * H + r) * W + k];
            }
          }
        }
}

// The largest, or the mean, of every window; what lies outside the image is left out, or counts as 0 in the mean.
template <typename T, int C, int H, int W, int KH, int KW, int SR, int SC, int Top, int Left, int OH, int OW, bool Largest, bool Framed>
inline void pool(const T* x, T* y) {
  for (int c = 0; c < C; ++c)
    for (int r = 0; r < OH; ++r)
      for (int k = 0; k < OW; ++k) {
        T found = Largest ? -std::numeric_limits<T>::infinity() : T(0);
        int count = 0;
        for (int i = 0; i < KH; ++i)
          for (int j = 0; j < KW; ++j) {
            const int row = r * SR + i - Top, column = k * SC + j - Left;
            if (row < 0 || row >= H || column < 0 || column >= W) continue;
            const T value = x[(c * H + row) * W + column];
            if constexpr (Largest)
              found = value < found ? found : value;
            else
              found += value;
            ++count;
          }
        if constexpr (!Largest) found /= T(Framed ? KH * KW : count);
        y[(c * OH + r) * OW + k] = found;
      }
}

// The value between pixels at (row, column); outside the image there is 0.
template <typename T, int H, int W>
inline T between(const T* x, T row, T column) {
  const T top = std::floor(row), left = std::floor(column);
  if (!(top >= -1 && top < H && left >= -1 && left < W)) return T(0);
  T sum = 0;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      const int r = static_cast<int>(top) + i, c = static_cast<int>(left) + j;
      const T share = (i ? row - top : top + 1 - row) * (j ? column - left : left + 1 - column);
      if (r >= 0 && r < H && c >= 0 && c < W) sum += share * x[r * W + c];
    }
  return sum;
}

// An image read at places (x, y) from -1 to 1: its outermost pixels, or (Edges) its edges.
template <typename T, int C, int H, int W, int OH, int OW, bool Edges>
inline void sample_grid(const T* x, const T* grid, T* y) {
  for (int i = 0; i < OH * OW; ++i) {
    const T column = Edges ? ((grid[2 * i] + 1) * W - 1) / 2 : (grid[2 * i] + 1) / 2 * (W - 1);
    const T row = Edges ? ((grid[2 * i + 1] + 1) * H - 1) / 2 : (grid[2 * i + 1] + 1) / 2 * (H - 1);
    for (int c = 0; c < C; ++c) y[c * OH * OW + i] = between<T, H, W>(x + c * H * W, row, column);
  }
}

// An image made larger by straight lines between pixels: corner on corner, or centres of parts (what is beyond is the border).
template <typename T, int C, int H, int W, int OH, int OW, bool Corners>
inline void enlarge(const T* x, T* y) {
  for (int c = 0; c < C; ++c)
    for (int r = 0; r < OH; ++r)
      for (int k = 0; k < OW; ++k) {
        T row = Corners ? (OH > 1 ? T(r) * (H - 1) / (OH - 1) : T(0)) : (r + T(0.5)) * H / OH - T(0.5);
        T column = Corners ? (OW > 1 ? T(k) * (W - 1) / (OW - 1) : T(0)) : (k + T(0.5)) * W / OW - T(0.5);
        row = row < 0 ? T(0) : row > H - 1 ? T(H - 1) : row;
        column = column < 0 ? T(0) : column > W - 1 ? T(W - 1) : column;
        y[(c * OH + r) * OW + k] = between<T, H, W>(x + c * H * W, row, column);
      }
}

// Recurrent layers: x (Steps, F), weights packed as for `product`, b of the inputs and of the state; y the states of all steps.
template <typename T, int Steps, int F, int S>
inline void recurrent(const T* x, const T* w, const T* u, const T* b, const T* c, T* y) {
  T state[S] = {}, given[S], kept[S];
  for (int t = 0; t < Steps; ++t, x += F, y += S) {
    product<T, F, S>(x, w, b, given);
    product<T, S, S>(state, u, c, kept);
    for (int j = 0; j < S; ++j) y[j] = state[j] = tanh(given[j] + kept[j]);
  }
}

template <typename T, int Steps, int F, int S>
inline void lstm(const T* x, const T* w, const T* u, const T* b, const T* c, T* y) {  // gates: input, output, forget, candidate
  T state[S] = {}, cell[S] = {}, given[4 * S], kept[4 * S];
  for (int t = 0; t < Steps; ++t, x += F, y += S) {
    product<T, F, 4 * S>(x, w, b, given);
    product<T, S, 4 * S>(state, u, c, kept);
    for (int j = 0; j < 3 * S; ++j) given[j] = sigmoid(given[j] + kept[j]);
    for (int j = 3 * S; j < 4 * S; ++j) given[j] = tanh(given[j] + kept[j]);
    for (int j = 0; j < S; ++j) cell[j] = given[2 * S + j] * cell[j] + given[j] * given[3 * S + j];
    for (int j = 0; j < S; ++j) y[j] = state[j] = given[S + j] * tanh(cell[j]);
  }
}

// Gates: update, reset, candidate. `After`: the reset gate acts on the product with the state, else on the state.
template <typename T, int Steps, int F, int S, bool After>
inline void gru(const T* x, const T* w, const T* u, const T* candidate, const T* b, const T* c, T* y) {
  T state[S] = {}, given[3 * S], kept[2 * S], reset[S], made[S];
  for (int t = 0; t < Steps; ++t, x += F, y += S) {
    product<T, F, 3 * S>(x, w, b, given);
    product<T, S, 2 * S>(state, u, c, kept);
    for (int j = 0; j < 2 * S; ++j) given[j] = sigmoid(given[j] + kept[j]);
    for (int j = 0; j < S; ++j) reset[j] = After ? state[j] : given[S + j] * state[j];
    product<T, S, S>(reset, candidate, c + 2 * S, made);
    for (int j = 0; j < S; ++j) {
      const T found = tanh(given[2 * S + j] + (After ? given[S + j] * made[j] : made[j]));
      y[j] = state[j] = (T(1) - given[j]) * found + given[j] * state[j];
    }
  }
}

// x (Outer, N, Inner) -> e^(x - largest) over their sum, along N; or the logarithm of it.
template <typename T, int Outer, int N, int Inner, bool Log>
inline void softmax(const T* x, T* y) {
  for (int o = 0; o < Outer; ++o)
    for (int i = 0; i < Inner; ++i) {
      const T* from = x + o * N * Inner + i;
      T* to = y + o * N * Inner + i;
      T largest = from[0], sum = 0;
      for (int k = 1; k < N; ++k) largest = from[k * Inner] > largest ? from[k * Inner] : largest;
      for (int k = 0; k < N; ++k) sum += to[k * Inner] = exp(from[k * Inner] - largest);
      const T shift = largest + std::log(sum);
      for (int k = 0; k < N; ++k) to[k * Inner] = Log ? from[k * Inner] - shift : to[k * Inner] / sum;
    }
}

}  // namespace tmvalite

#endif
