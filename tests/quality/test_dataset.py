"""What a set of labelled pictures is called by: its content, not its names."""

from pathlib import Path

import pytest

from verascope.errors import Invalid
from verascope.quality.dataset import Example, content_hash, of_folder, of_manifest


def example(name: str, *, is_fake: bool) -> Example:
    return Example(Path(name), name, is_fake, "(none)")


def test_the_hash_is_of_pictures_and_labels_whatever_their_names_and_order() -> None:
    one = [(example("a", is_fake=True), "11"), (example("b", is_fake=False), "22")]
    renamed = [(example("y", is_fake=False), "22"), (example("x", is_fake=True), "11")]
    relabelled = [(example("a", is_fake=False), "11"), (example("b", is_fake=True), "22")]
    assert content_hash(one) == content_hash(renamed)
    assert content_hash(one) != content_hash(relabelled)


def test_the_folder_below_the_label_is_the_source(tmp_path: Path) -> None:
    for name in ("real/cam/day/1.jpg", "real/2.jpg", "fake/gan/3.jpg", "fake/gan/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = of_folder(tmp_path)
    assert [(one.name, one.is_fake, one.source) for one in found.examples] == [
        ("real/2.jpg", False, "(none)"),
        ("real/cam/day/1.jpg", False, "cam"),
        ("fake/gan/3.jpg", True, "gan"),
    ]
    assert found.skipped == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a first line with path"),
        ("file,label\na,real\n", "a first line with path"),
        ("path,label,colour\na,real,red\n", "a first line with path"),
        ("path,label\n", "at least one line"),
        ("path,label\na\n", "line 2, label: None"),
        ("path,label\na,Deepfake\n", "line 2, label: 'Deepfake'"),
        ("path,label\na,\x00real\n", "line 2, label"),
    ],
)
def test_a_wrong_manifest_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(Invalid) as caught:
        of_manifest(path, tmp_path)
    assert said in caught.value.detail


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid, match="readable CSV"):
        of_manifest(path, tmp_path)
