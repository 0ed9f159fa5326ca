"""TMath, TStopwatch, and constants."""

from __future__ import annotations

import math
import time


class TMath:
    """Functions of numbers."""

    Sin, Cos, Tan, Exp, Log10 = map(staticmethod, (math.sin, math.cos, math.tan, math.exp, math.log10))
    Sqrt, Log, ATan, ATan2, TanH = map(staticmethod, (math.sqrt, math.log, math.atan, math.atan2, math.tanh))
    SinH, CosH, ASin, ACos, Hypot = map(staticmethod, (math.sinh, math.cosh, math.asin, math.acos, math.hypot))
    Abs, Max, Min, Power, Floor = map(staticmethod, (abs, max, min, pow, math.floor))

    @staticmethod
    def Pi() -> float:
        """3.14159..."""
        return math.pi

    @staticmethod
    def TwoPi() -> float:
        """6.28318..."""
        return 2.0 * math.pi


class TStopwatch:
    """A clock that runs from the beginning."""

    def __init__(self):
        self._real = self._cpu = 0.0
        self._since: tuple[float, float] | None = None
        self.Start()

    def Start(self, reset=True) -> None:
        """Run, from zero unless `reset` is false."""
        if reset:
            self._real = self._cpu = 0.0
        self._since = time.perf_counter(), time.process_time()

    def Stop(self) -> None:
        """Stand still."""
        if self._since is not None:
            self._real += time.perf_counter() - self._since[0]
            self._cpu += time.process_time() - self._since[1]
            self._since = None

    def Continue(self) -> None:
        """Run on."""
        self.Start(reset=False)

    def RealTime(self) -> float:
        """Seconds by the clock on the wall; stops."""
        self.Stop()
        return self._real

    def CpuTime(self) -> float:
        """Seconds of the processors; stops."""
        self.Stop()
        return self._cpu

    def Print(self, option="") -> None:
        """Print both."""
        real = self.RealTime()
        print(f"Real time {int(real // 3600)}:{int(real // 60 % 60):02}:{real % 60:06.3f}, CP time {self.CpuTime():.3f}")


CONSTANTS = {
    "kTRUE": True,
    "kFALSE": False,
    "nullptr": None,
    "kWhite": 0,
    "kBlack": 1,
    "kGray": 920,
    "kRed": 632,
    "kGreen": 416,
    "kBlue": 600,
    "kYellow": 400,
    "kMagenta": 616,
    "kCyan": 432,
    "kOrange": 800,
    "kViolet": 880,
    "kInfo": 1000,
    "kWarning": 2000,
    "kError": 3000,
    "gErrorIgnoreLevel": -1,
}
