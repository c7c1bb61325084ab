"""The series that was drawn on: the one named, else the only one in the same coordinate system, else none."""

import pytest
from dicom_series import ROOT, Geometry, slice_dataset

from fuseflow.dicom.grouping import group_frames
from fuseflow.dicom.reading import frames_of
from fuseflow.dicom.references import References, reference_of

HERE, ELSEWHERE = f"{ROOT}.8", f"{ROOT}.80"


def groups(tmp_path, *series):
    """Series number and frame of reference -> groups of one slice each."""
    frames = []
    for number, frame_of_reference in series:
        dataset = slice_dataset(Geometry(), 0, series=number, FrameOfReferenceUID=frame_of_reference)
        frames += frames_of(dataset, path=tmp_path, sha256=str(number))
    return group_frames(frames)


def chosen(candidates, series=(), frames=(HERE,)):
    references = References(
        series_uids=frozenset(f"{ROOT}.{number}" for number in series),
        instance_uids=frozenset(),
        frame_of_reference_uids=frozenset(frames),
    )
    found = reference_of(references, candidates)
    return found and (found.group.first.instance.series_uid, [remark.code for remark in found.remarks])


@pytest.mark.parametrize(
    ("series", "named", "frames", "expected"),
    [
        # the one that is named
        ([(1, HERE), (2, HERE)], [2], [HERE], (f"{ROOT}.2", [])),
        ([(1, HERE), (2, HERE)], [2], [], (f"{ROOT}.2", [])),
        ([(1, HERE), (2, ELSEWHERE)], [2], [HERE], (f"{ROOT}.2", ["other-frame-of-reference"])),
        ([(1, HERE), (2, ELSEWHERE)], [1, 2], [ELSEWHERE], (f"{ROOT}.2", [])),
        # the only one in the same coordinate system
        ([(1, HERE), (2, ELSEWHERE)], [3], [HERE], (f"{ROOT}.1", ["other-series"])),
        ([(1, HERE)], [], [HERE], (f"{ROOT}.1", ["other-series"])),
        # none, or several
        ([(1, HERE), (2, HERE)], [3], [HERE], None),
        ([(1, HERE), (2, HERE)], [1, 2], [HERE], None),
        ([(1, HERE), (2, HERE)], [1, 2], [], None),
        ([(1, HERE)], [3], [ELSEWHERE], None),
        ([(1, HERE)], [3], [], None),
        ([], [1], [HERE], None),
    ],
)
def test_the_series_that_was_drawn_on(tmp_path, series, named, frames, expected):
    assert chosen(groups(tmp_path, *series), named, frames) == expected


def test_series_without_a_coordinate_system_do_not_share_one(tmp_path):
    assert chosen(groups(tmp_path, (1, None)), [3], []) is None
