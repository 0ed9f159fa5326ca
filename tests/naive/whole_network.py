"""A network in whole numbers, one event and one product at a time, in Python's integers."""

UNIT = 4096


def output(inputs, layers, bits, size):
    """Steps that the network adds for one event: inputs are whole numbers of 1/UNIT, layers lists of (weights, bias) of units."""
    x = [int(v) for v in inputs]
    for number, units in enumerate(layers):
        z = [sum(int(w) * v for w, v in zip(weights, x)) + int(bias) * UNIT for weights, bias in units]
        if number == len(layers) - 1:
            return round(float(z[0]) * (size / (UNIT << bits)))
        x = [round(v * UNIT / ((UNIT << bits) + abs(v))) for v in z]
