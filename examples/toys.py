"""Toy data with a known answer: a table of jet pairs with intrinsic rank 20, and the 256 images of a square.

Run: python examples/toys.py            says what the table holds.
Other examples import it: `from toys import dijet_mass, jets, squares`.
"""

import numpy as np

PEAK, WIDTH = 173.0, 5.5  # GeV, of the resonance in m(jj)
LOW, HIGH = 80.0, 300.0  # GeV, ends of the background in m(jj)
INTEGERS = ("jet1_nch", "jet1_nneu", "jet1_nconst", "jet2_nch", "jet2_nneu", "jet2_nconst", "npv")
RANK = 20


def jets(n, seed=1, signal=0.5):
    """A table of n jet pairs: dict of 24 columns (n,), float32, or int32 for the seven in INTEGERS.

    Momenta, energies and masses are in GeV, angles in radians, phi in (-pi, pi], fractions between 0 and 1. The part `signal`
    of the pairs comes from a resonance, a Gaussian in m(jj) at 173 GeV with 5.5 GeV; the others have a density that falls
    along a straight line to 0 at 300 GeV. Any seed draws from the same distribution.

    The rank is 20: every event is a smooth function of 20 independent numbers (`jet_columns`). The four other columns follow
    exactly from those beside them: the energies E = sqrt(m^2 + pt^2 cosh^2 eta), and nconst = nch + nneu. Five of the 20
    numbers are small (the last five rows of `numbers`): they move nneu, fem and ht by a fraction of their spread, so that 15
    numbers hold most of the table, but no linear map finds them.

    >>> table = jets(1000, seed=7)
    >>> len(table), table["jet1_pt"].dtype.name, table["npv"].dtype.name
    (24, 'float32', 'int32')
    """
    columns = jet_columns(numbers(n, seed, signal))
    table = {name: np.rint(x).astype(np.int32) if name in INTEGERS else x.astype(np.float32) for name, x in columns.items()}
    for jet in ("jet1", "jet2"):  # the sum of the rounded numbers, not the rounded sum
        table[f"{jet}_nconst"] = table[f"{jet}_nch"] + table[f"{jet}_nneu"]
    return table


def numbers(n, seed=1, signal=0.5):
    """The 20 independent numbers of n events, (20, n) float64."""
    rng = np.random.default_rng([20, seed])
    background = HIGH - (HIGH - LOW) * np.sqrt(rng.uniform(size=n))
    mass = np.where(rng.uniform(size=n) < signal, rng.normal(PEAK, WIDTH, n), background)
    return np.stack(
        [
            mass,  # m(jj), GeV
            0.8 * rng.normal(size=n),  # rapidity of the pair, about
            0.5 * rng.normal(size=n),  # half the difference of the pseudorapidities
            rng.uniform(-np.pi, np.pi, n),  # azimuth of jet 1
            0.25 * rng.normal(size=n),  # how far the jets are from back to back, radians
            rng.exponential(0.12, n),  # logarithm of the ratio of the momenta, halved
            *rng.normal(size=(4, n)),  # mass and charged multiplicity of each jet
            *rng.normal(size=(2, n)),  # energy fraction of the charged particles of each jet
            rng.normal(size=n),  # pile-up
            rng.gamma(2.0, 1.0, n),  # missing momentum
            rng.uniform(-np.pi, np.pi, n),  # its azimuth
            *rng.normal(size=(5, n)),  # small: neutral multiplicities, electromagnetic fractions, ht
        ]
    )


def jet_columns(z):
    """The 24 columns as float64, integers not rounded yet, of the independent numbers z (20, n)."""
    mass, rapidity, half_gap, phi, acoplanarity, balance, *z = z
    eta = rapidity + half_gap, rapidity - half_gap
    phi = phi, wrap(phi + np.pi + acoplanarity)
    share = np.exp(balance), np.exp(-balance)  # pt over the geometric mean of both; jet 1 leads
    ratio = [0.12 * np.exp(0.35 * z[j]) for j in (0, 1)]  # jet mass over pt
    # Both four-vectors in units of the mean pt; its size then follows from m(jj).
    energy = [s * np.sqrt(np.cosh(e) ** 2 + r**2) for s, e, r in zip(share, eta, ratio)]
    momentum = [s * np.stack([np.cos(f), np.sin(f), np.sinh(e)]) for s, e, f in zip(share, eta, phi)]
    scale = mass / np.sqrt((energy[0] + energy[1]) ** 2 - np.sum((momentum[0] + momentum[1]) ** 2, axis=0))
    columns = {}
    for j in (0, 1):
        pt = scale * share[j]
        charged = (9.0 + 3.0 * np.sqrt(pt / 10.0)) * np.exp(0.25 * z[2 + j] + 0.1 * z[j])
        neutral = 0.6 * charged * np.exp(0.1 * z[j] + 0.05 * z[9 + j]) + 4.0
        fraction = 1.0 / (1.0 + np.exp(-0.6 - 0.5 * z[4 + j] - 0.2 * z[2 + j]))
        electromagnetic = (1.0 - fraction) * (0.65 + 0.04 * np.tanh(z[11 + j]))
        columns |= {
            f"jet{j + 1}_pt": pt,
            f"jet{j + 1}_eta": eta[j],
            f"jet{j + 1}_phi": phi[j],
            f"jet{j + 1}_m": ratio[j] * pt,
            f"jet{j + 1}_e": scale * energy[j],
            f"jet{j + 1}_nch": charged,
            f"jet{j + 1}_nneu": neutral,
            f"jet{j + 1}_nconst": charged + neutral,
            f"jet{j + 1}_chf": fraction,
            f"jet{j + 1}_fem": electromagnetic,
        }
    vertices = 30.0 * np.exp(0.25 * z[6])
    soft = (15.0 + 0.8 * vertices) * (1.0 + 0.1 * z[13])
    return columns | {
        "npv": vertices,
        "met": 8.0 * z[7] + 0.1 * vertices,
        "met_phi": z[8],
        "ht": columns["jet1_pt"] + columns["jet2_pt"] + soft,
    }


def wrap(angle):
    """An angle in (-pi, pi]."""
    return np.pi - np.mod(np.pi - angle, 2.0 * np.pi)


def dijet_mass(table):
    """m(jj) in GeV, (n,) float64, from pt, eta, phi and m of both jets (the energies are not used)."""
    total = np.zeros((4, len(table["jet1_pt"])))
    for jet in ("jet1", "jet2"):
        pt, eta, phi, m = (np.asarray(table[f"{jet}_{name}"], np.float64) for name in ("pt", "eta", "phi", "m"))
        momentum = pt * np.stack([np.cos(phi), np.sin(phi), np.sinh(eta)])
        total += np.concatenate([np.sqrt(m**2 + np.sum(momentum**2, axis=0))[None], momentum])
    return np.sqrt(np.maximum(total[0] ** 2 - np.sum(total[1:] ** 2, axis=0), 0.0))


def squares():
    """All images of one 9 x 9 square, (256, 24, 24) float32 of 0 and 1; image 16 r + c has its corner at row r, column c."""
    images = np.zeros((16, 16, 24, 24), np.float32)
    for row in range(16):
        for column in range(16):
            images[row, column, row : row + 9, column : column + 9] = 1.0
    return images.reshape(256, 24, 24)


def main():
    table = jets(20000, seed=1)
    print(f"{'column':12s} {'type':8s} {'mean':>9s} {'spread':>9s}")
    for name, x in table.items():
        print(f"{name:12s} {x.dtype.name:8s} {x.mean():9.3f} {x.std():9.3f}")
    z = numbers(100, seed=1)
    slope = []
    for row in range(RANK):  # how every column moves with every independent number, at 100 events
        step = 1e-5 * np.eye(RANK)[row][:, None]
        up, down = jet_columns(z + step), jet_columns(z - step)
        slope.append([(up[name] - down[name]) / 2e-5 / table[name].std() for name in table])
    values = np.linalg.svd(np.transpose(slope, (2, 1, 0)), compute_uv=False)
    print(f"the {len(table)} columns have rank {np.median(np.sum(values > 1e-6 * values[:, :1], axis=1)):.0f}")
    near = np.abs(dijet_mass(table) - PEAK) < 2 * WIDTH
    print(f"{near.mean():.1%} of the events are within two widths of the peak in m(jj)")


if __name__ == "__main__":
    main()
