"""A whole analysis from one small file: data, variables, cuts, weights, methods."""

from tmvalite.jobs.job import Job, read_job
from tmvalite.jobs.running import check, report, test, train

__all__ = ["Job", "check", "read_job", "report", "test", "train"]
