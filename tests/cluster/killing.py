"""Processes of which some are killed while they work."""

import itertools
import os
import signal

from tmvalite.cluster import Processes


class Killing(Processes):
    """Kills one of its processes after so many tasks were submitted; `killed` has the ids."""

    def __init__(self, number, after):
        super().__init__(number)
        self.after, self.killed, self._turn = set(after), [], itertools.count(1)

    def submit(self, function, *arguments):
        future = super().submit(function, *arguments)
        if next(self._turn) in self.after:
            self.killed.append(self.process_ids()[0])
            os.kill(self.killed[-1], signal.SIGKILL)
        return future
