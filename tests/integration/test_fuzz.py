"""Damaged files: no traceback, no hang, no code run, no silent difference from what others read."""

from fuzzing import fuzz, summary

NUMBER = 200


def test_nothing_is_wrong_with_what_becomes_of_damaged_files(tmp_path):
    verdicts = list(fuzz(range(NUMBER), tmp_path / "fuzz"))

    assert len(verdicts) == NUMBER
    assert not [verdict for verdict in verdicts if verdict.complaints], summary(verdicts)
    outcomes = {outcome for verdict in verdicts for outcome in verdict.outcomes}
    assert {"accepted", "unreadable", "impossible-size"} <= outcomes
