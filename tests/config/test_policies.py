"""Policy files and folders: what is loaded, what is refused alone, and what a reload keeps in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policies import LoadedPolicies, load_policies, reload
from autoscaler.model.policy import Mode, PolicyKey

POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  maxReplicas: {maximum}
"""
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def manifest(name: str = "web", *, namespace: str = "shop", target: str = "", maximum: int | str = 10) -> str:
    return POLICY.format(name=name, namespace=namespace, target=target or name, maximum=maximum)


def names(loaded: LoadedPolicies) -> list[str]:
    return [f"{policy.key} {policy.max_replicas}" for policy in loaded.policies]


def said(loaded: LoadedPolicies, folder: Path) -> list[str]:
    return [str(fault).replace(f"{folder}/", "").replace(str(folder), ".") for fault in loaded.faults]


def test_the_shipped_policies_load_together() -> None:
    folder = Path(__file__).parents[2] / "policies"

    loaded = load_policies([folder])

    assert loaded.faults == ()
    assert names(loaded) == [
        "mail/email-workers 30",
        "chat/llm-chat 12",
        "shop/web 50",
        "default/shop 60",
        "default/web 10",
        "production/web 20",
    ]


def test_a_folder_is_searched_for_yaml_and_json_but_not_below_hidden_names(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(DEPLOYMENT + "---\n" + manifest("a") + "---\n" + manifest("b"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.yml").write_text(manifest("c"))
    (tmp_path / "notes.txt").write_text("{")
    (tmp_path / ".hidden.yaml").write_text("{")
    (tmp_path / "..2026_data").mkdir()
    (tmp_path / "..2026_data" / "d.yaml").write_text(manifest("d"))
    (tmp_path / "d.yaml").symlink_to("..2026_data/d.yaml")

    loaded = load_policies([tmp_path])

    assert loaded.faults == ()
    assert names(loaded) == ["shop/a 10", "shop/b 10", "shop/d 10", "shop/c 10"]
    assert str(loaded.sources[PolicyKey(namespace="shop", name="b")]) == f"{tmp_path}/a.yaml:12"
    assert loaded.sources[PolicyKey(namespace="shop", name="b")].manifest["kind"] == "HorizontalPodAutoscaler"


def test_a_bad_document_among_good_ones_is_refused_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(manifest("a") + "---\n" + manifest("b", maximum=0) + "---\nkind: [\n---\n" + manifest("c"))

    loaded = load_policies([file])

    assert names(loaded) == ["shop/a 10", "shop/c 10"]
    assert said(loaded, tmp_path) == [
        "a.yaml:13: spec.maxReplicas: Required value: must be set and greater than 0\n"
        "  hint: write the most replicas you are willing to run",
        "a.yaml:15: a value is missing\n  hint: close every [ and {; write a value between commas",
    ]


def test_what_kubectl_get_prints_is_a_list_of_policies(tmp_path: Path) -> None:
    items = "".join(
        "- " + manifest(name, maximum=maximum).strip().replace("\n", "\n  ") + "\n"
        for name, maximum in (("a", "5"), ("b", "'x'"))
    )
    (tmp_path / "list.yaml").write_text("apiVersion: v1\nkind: List\nitems:\n" + items)

    loaded = load_policies([tmp_path / "list.yaml"])

    assert names(loaded) == ["shop/a 5"]
    assert said(loaded, tmp_path) == ['list.yaml:15: spec.maxReplicas: must be a whole number, is text "x"']


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"a.yaml": manifest("web"), "b.yaml": manifest("web", target="other")},
            "b.yaml:3: metadata.name: policy shop/web is already defined at a.yaml:1\n"
            "  hint: give one of them another name",
            id="one-name-twice",
        ),
        pytest.param(
            {"a.yaml": manifest("a", target="web"), "b.yaml": manifest("b", target="web")},
            "b.yaml:5: spec.scaleTargetRef: Deployment shop/web is already scaled by policy shop/a (a.yaml:1)\n"
            "  hint: two policies on one target fight each other: join their metrics in one policy",
            id="one-target-twice",
        ),
        pytest.param(
            {"a.yaml": manifest("a"), "b.yaml": manifest("b").replace("PodAutoscaler", "PodAutoScaler")},
            'b.yaml:2: kind: unknown kind "HorizontalPodAutoScaler"\n  hint: did you mean `HorizontalPodAutoscaler`?',
            id="a-mistyped-kind",
        ),
        pytest.param(
            {"a.yaml": manifest("a"), "b.yaml": manifest("b", namespace="elsewhere")},
            "b.yaml:3: metadata.namespace: namespace elsewhere is not one of those to act in: shop",
            id="a-foreign-namespace",
        ),
    ],
)
def test_policies_that_do_not_go_together(files: dict[str, str], message: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    loaded = load_policies([tmp_path], ReadOptions(namespaces=("shop",)))

    assert len(loaded.policies) == 1
    assert said(loaded, tmp_path) == [message]


def test_one_target_in_two_namespaces_is_two_targets(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("web") + "---\n" + manifest("web", namespace="production"))

    assert load_policies([tmp_path]).faults == ()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "nowhere.yaml",
            None,
            "nowhere.yaml: no such file\n  hint: check the path; relative paths start at the current directory",
        ),
        (
            "other.yaml",
            DEPLOYMENT,
            "other.yaml: holds no HorizontalPodAutoscaler\n  hint: name a file or folder that holds a policy",
        ),
        (
            "empty.yaml",
            "",
            "empty.yaml: holds no HorizontalPodAutoscaler\n  hint: name a file or folder that holds a policy",
        ),
    ],
)
def test_a_path_without_policies_is_said(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    assert said(load_policies([tmp_path / name]), tmp_path) == [message]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    assert said(load_policies([tmp_path]), tmp_path) == [
        ".: holds no HorizontalPodAutoscaler\n  hint: name a file or folder that holds a policy"
    ]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest())

    loaded = load_policies([tmp_path, tmp_path / "a.yaml"])

    assert (names(loaded), loaded.faults) == (["shop/web 10"], ())


def test_an_unreadable_file_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    (tmp_path / "b.yaml").symlink_to("gone.yaml")

    loaded = load_policies([tmp_path])

    assert names(loaded) == ["shop/a 10"]
    assert [(fault.source, fault.what) for fault in loaded.faults] == [(f"{tmp_path}/b.yaml", "no such file")]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(manifest(maximum=0), id="an-invalid-field"),
        pytest.param("kind: [", id="no-yaml-at-all"),
        pytest.param(manifest("'Not A Name'"), id="not-even-its-name-is-right"),
    ],
)
def test_a_broken_policy_stays_in_force_as_it_last_was(broken: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(manifest())
    first = load_policies([tmp_path])
    file.write_text(broken)

    second = reload(first, [tmp_path])

    assert names(second) == ["shop/web 10"]
    assert second.kept == (PolicyKey(namespace="shop", name="web"),)
    assert second.faults != ()

    file.write_text(manifest(maximum=20))
    third = reload(second, [tmp_path])
    assert (names(third), third.kept, third.faults) == (["shop/web 20"], (), ())


def test_its_sound_neighbours_change_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(manifest("a") + "---\n" + manifest("b"))
    first = load_policies([tmp_path])
    file.write_text(manifest("a", maximum=0) + "---\n" + manifest("b", maximum=20))

    assert names(reload(first, [tmp_path])) == ["shop/b 20", "shop/a 10"]


def test_a_file_taken_out_of_the_folder_takes_its_policy_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    (tmp_path / "b.yaml").write_text(manifest("b"))
    first = load_policies([tmp_path])
    (tmp_path / "b.yaml").unlink()

    second = reload(first, [tmp_path])

    assert (names(second), second.kept, second.faults) == (["shop/a 10"], (), ())


def test_a_file_named_by_itself_that_vanished_leaves_its_policy_in_force(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(manifest())
    first = load_policies([file])
    file.unlink()

    second = reload(first, [file])

    assert names(second) == ["shop/web 10"]
    assert second.faults[0].what == "no such file"


def test_a_folder_that_vanished_leaves_its_policies_in_force(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "a.yaml").write_text(manifest())
    first = load_policies([folder])
    (folder / "a.yaml").unlink()
    folder.rmdir()

    assert names(reload(first, [folder])) == ["shop/web 10"]


def test_a_newcomer_cannot_take_a_target_from_the_policy_in_force(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(manifest("b", target="web"))
    first = load_policies([tmp_path])
    (tmp_path / "a.yaml").write_text(manifest("a", target="web"))

    second = reload(first, [tmp_path])

    assert names(second) == ["shop/b 10"]
    assert second.faults[0].source == f"{tmp_path}/a.yaml"


def test_a_policy_may_move_to_another_file_or_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a", target="web"))
    first = load_policies([tmp_path])
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    second = reload(first, [tmp_path])
    (tmp_path / "b.yaml").write_text(manifest("renamed", target="web"))
    third = reload(second, [tmp_path])

    assert (names(second), second.faults) == (["shop/a 10"], ())
    assert (names(third), third.faults) == (["shop/renamed 10"], ())


def test_a_reload_parses_only_what_changed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    (tmp_path / "b.yaml").write_text(manifest("b"))
    first = load_policies([tmp_path])
    (tmp_path / "b.yaml").write_text(manifest("b", maximum=11))

    second = reload(first, [tmp_path])

    assert second.policies[0] is first.policies[0]
    assert names(second) == ["shop/a 10", "shop/b 11"]


def test_other_options_read_everything_anew(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("a"))
    first = load_policies([tmp_path])

    assert reload(first, [tmp_path], ReadOptions(mode=Mode.APPLY)).policies[0].mode is Mode.APPLY
