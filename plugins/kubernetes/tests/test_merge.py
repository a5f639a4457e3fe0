"""How a manifest is laid over the pod of a step."""

from stroem_kubernetes.merge import merged


def test_objects_are_merged_and_lists_of_named_objects_by_name() -> None:
    base = {
        "metadata": {"labels": {"a": "1"}},
        "spec": {
            "containers": [{"name": "step", "image": "i", "env": [{"name": "A", "value": "1"}]}],
            "tolerations": [{"key": "x"}],
            "priority": 1,
        },
    }
    over = {
        "metadata": {"labels": {"b": "2"}},
        "spec": {
            "containers": [
                {"name": "step", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]},
                {"name": "sidecar", "image": "s"},
            ],
            "tolerations": [{"key": "y"}],
            "priority": 2,
        },
    }
    assert merged(base, over) == {
        "metadata": {"labels": {"a": "1", "b": "2"}},
        "spec": {
            "containers": [
                {"name": "step", "image": "i", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]},
                {"name": "sidecar", "image": "s"},
            ],
            "tolerations": [{"key": "y"}],
            "priority": 2,
        },
    }


def test_mounts_are_told_apart_by_their_paths() -> None:
    base = {"volumeMounts": [{"name": "data", "mountPath": "/a"}]}
    over = {"volumeMounts": [{"name": "data", "mountPath": "/b"}, {"mountPath": "/a", "readOnly": True}]}
    assert merged(base, over)["volumeMounts"] == [
        {"name": "data", "mountPath": "/a", "readOnly": True},
        {"name": "data", "mountPath": "/b"},
    ]
