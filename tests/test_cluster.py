"""The cluster that the environment describes: TF_CONFIG, and what Slurm tells its tasks."""

import json

import pytest

from mlpkit.devices import Cluster, find_cluster, is_chief
from mlpkit.devices.slurm import expand_counts, expand_nodes
from mlpkit.errors import InvalidParameterError


def tf_config(cluster, kind="worker", index=0):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


TWO = {"worker": ["a:1", "b:2"]}


def test_workers_of_tf_config():
    cluster = find_cluster(tf_config(TWO, index=1))
    assert cluster == Cluster(("a:1", "b:2"), 1)
    assert (cluster.n_workers, cluster.is_chief) == (2, False)
    assert find_cluster({"TF_CONFIG": cluster.tf_config}) == cluster


@pytest.mark.parametrize(
    "kind, index, place", [("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)]
)
def test_a_chief_is_the_first_worker(kind, index, place):
    cluster = find_cluster(tf_config({"worker": ["b:2", "c:2"], "chief": ["a:2"]}, kind, index))
    assert cluster == Cluster(("a:2", "b:2", "c:2"), place)
    assert cluster.is_chief == (place == 0)


def test_places_are_tensorflows_own():
    from tensorflow.python.distribute import multi_worker_util

    jobs = {"worker": ["b:2", "c:2"], "chief": ["a:2"]}
    for kind, index in (("chief", 0), ("worker", 0), ("worker", 1)):
        mine = find_cluster(tf_config(jobs, kind, index))
        assert mine.index == multi_worker_util.id_in_cluster(jobs, kind, index)
        assert mine.is_chief == multi_worker_util.is_chief(jobs, kind, index)


def test_what_else_tf_config_may_be():
    kubeflow = json.loads(tf_config(TWO)["TF_CONFIG"]) | {"environment": "cloud"}
    assert find_cluster({"TF_CONFIG": json.dumps(kubeflow)}).index == 0
    assert find_cluster(tf_config(TWO, index="1")).index == 1
    assert find_cluster(tf_config({"worker": ["[::1]:80"]})) == Cluster(("[::1]:80",), 0)
    assert find_cluster(tf_config({"chief": ["a:1"]}, "chief")).n_workers == 1


@pytest.mark.parametrize("environ", [{}, {"TF_CONFIG": ""}, {"TF_CONFIG": " {} "}])
def test_no_description_is_none(environ):
    assert find_cluster(environ) is None


WRONG = {
    "no JSON": ({"TF_CONFIG": "{'cluster'"}, ["it must be JSON. Got 'Expecting"]),
    "deep": ({"TF_CONFIG": "[" * 100000}, ["it must be JSON"]),
    "an empty part": (tf_config({"worker": ["a..b:1"]}), ["Got 'a..b:1'"]),
    "a list": ({"TF_CONFIG": "[1]"}, ["it must be an object, in braces"]),
    "no cluster": (
        {"TF_CONFIG": '{"task": {"type": "worker", "index": 0}}'},
        ['"cluster" must be'],
    ),
    "no task": ({"TF_CONFIG": '{"cluster": {"worker": ["a:1"]}}'}, ['"task" must be an object']),
    "no workers": (tf_config({}), ['"cluster"."worker" must name a worker. Got none']),
    "text for a list": (tf_config({"worker": "a:1,b:1"}), ['must be a list of "host:port". Got']),
    "a sparse list": (tf_config({"worker": {"1": "a:1"}}), ['must be a list of "host:port"']),
    "no port": (tf_config({"worker": ["a"]}), ["must be \"host:port\". Got 'a'"]),
    "port 0": (tf_config({"worker": ["a:0"]}), ["must be \"host:port\". Got 'a:0'"]),
    "high port": (tf_config({"worker": ["a:70000"]}), ["Got 'a:70000'"]),
    "a URL": (tf_config({"worker": ["grpc://a:70"]}), ["Got 'grpc://a:70'"]),
    "a number": (tf_config({"worker": [8080]}), ["Got 8080"]),
    "twice": (tf_config({"worker": ["a:1", "a:1"]}), ["Got 'a:1' more than once"]),
    "twice, as chief": (tf_config({"chief": ["a:1"], "worker": ["a:1"]}), ["more than once"]),
    "two chiefs": (tf_config({"chief": ["a:1", "b:1"]}, "chief"), ["at most one chief"]),
    "ps": (tf_config({**TWO, "ps": ["c:1"]}), ["Got 'ps': parameter servers train"]),
    "an evaluator": (tf_config(TWO, "evaluator"), ["Got 'evaluator': every worker of"]),
    "another job": (tf_config({**TWO, "master": ["c:1"]}), ["Got 'master'"]),
    "a type that is none": (tf_config(TWO, ["worker"]), ["Got ['worker']"]),
    "a chief that is none": (tf_config(TWO, "chief"), ['of type "chief", 0. Got 0']),
    "high index": (tf_config(TWO, index=2), ['of type "worker", 2. Got 2']),
    "negative index": (tf_config(TWO, index=-1), ["Got -1"]),
    "half an index": (tf_config(TWO, index=0.5), ["must be an integer >= 0. Got 0.5"]),
    "several": (
        tf_config({"worker": ["a", "b:1", "b:1"]}, "ps"),
        ["Got 'a'", "Got 'b:1' more than once", "Got 'ps'"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_of_tf_config(case):
    environ, expected = WRONG[case]
    with pytest.raises(
        InvalidParameterError, match="^TF_CONFIG must describe workers, such"
    ) as got:
        find_cluster(environ)
    head, *lines = str(got.value).split("\n- ")
    assert '"worker": ["host1:12345", "host2:12345"]' in head
    assert environ["TF_CONFIG"][:40] in head
    assert len(lines) == len(expected)
    for line, part in zip(lines, expected, strict=True):
        assert part in line


def step(rank=0, tasks=2, nodes="a,b", layout=None, **more):
    """Environment of a task that srun has started."""
    environ = {"SLURM_STEP_ID": 0, "SLURM_JOB_ID": 100, "SLURM_PROCID": rank} | more
    environ |= {"SLURM_NTASKS": tasks, "SLURM_STEP_NUM_TASKS": tasks, "SLURM_STEP_NODELIST": nodes}
    if layout is not None:
        environ["SLURM_STEP_TASKS_PER_NODE"] = layout
    return {name: str(value) for name, value in environ.items() if value is not None}


@pytest.mark.parametrize(
    "text, nodes",
    [
        ("n1", "n1"),
        ("n1,m5", "n1 m5"),
        ("node[01-03,07],gpu5", "node01 node02 node03 node07 gpu5"),
        ("n[1-2],m5,o[3-4,6,7-9]", "n1 n2 m5 o3 o4 o6 o7 o8 o9"),  # TensorFlow's own example
        ("n[9-11]", "n9 n10 n11"),
        ("n[009-010]", "n009 n010"),
        ("rack[01-02]-node[1,3]", "rack01-node1 rack01-node3 rack02-node1 rack02-node3"),
        ("foo[0-1]-eth2.site.org", "foo0-eth2.site.org foo1-eth2.site.org"),
        ("[1-3,5]", "1 2 3 5"),
    ],
)
def test_lists_of_nodes(text, nodes):
    assert expand_nodes(text) == nodes.split()


@pytest.mark.parametrize(
    "text",
    ["", ",", "a,", "n[", "n[1-", "n[]", "n[2-1]", "n[a]", "n[1-2-3]", "n[1-999999999]", "a b"],
)
def test_lists_of_nodes_that_are_none(text):
    with pytest.raises(ValueError, match="node"):
        expand_nodes(text)


def test_counts_of_tasks():
    assert expand_counts("3(x2),2,1") == [3, 3, 2, 1]
    for text in ("", "0", "2(x0)", "2(x", "2x3", "-1"):
        with pytest.raises(ValueError, match="tasks of each node"):
            expand_counts(text)


def test_lists_are_read_as_tensorflow_reads_them():
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as theirs

    for nodes in ("n[1-2],m5,o[3-4,6,7-9]", "node[01-03,07],gpu5", "a"):
        assert expand_nodes(nodes) == theirs.expand_hostlist(nodes)
    for counts in ("3(x2),2,1", "1", "4(x16)"):
        assert expand_counts(counts) == theirs.expand_tasks_per_node(counts)


def hosts_of(cluster):
    return [worker.split(":")[0] for worker in cluster.workers]


def test_tasks_of_a_step():
    cluster = find_cluster(step(rank=3, tasks=7, nodes="node[01-03],gpu5", layout="2(x3),1"))
    assert cluster.index == 3
    assert hosts_of(cluster) == ["node01"] * 2 + ["node02"] * 2 + ["node03"] * 2 + ["gpu5"]
    ports = [int(worker.split(":")[1]) for worker in cluster.workers]
    assert ports == [ports[0], ports[0] + 1] * 3 + [ports[0]]


@pytest.mark.parametrize(
    "layout, nodes",
    [
        ({}, "aab"),
        ({"SLURM_NTASKS_PER_NODE": 2}, "aab"),
        ({"SLURM_NTASKS_PER_NODE": "1,2"}, "abb"),
        ({"SLURM_TASKS_PER_NODE": "1,2"}, "abb"),
        ({"SLURM_STEP_TASKS_PER_NODE": "2,1", "SLURM_DISTRIBUTION": "block:cyclic"}, "aab"),
        ({"SLURM_STEP_TASKS_PER_NODE": "2,1", "SLURM_DISTRIBUTION": "cyclic,Pack"}, "aba"),
        ({"SLURM_STEP_TASKS_PER_NODE": "2,1", "SLURMD_NODENAME": "a"}, "aab"),
    ],
)
def test_layouts_of_tasks(layout, nodes):
    cluster = find_cluster(step(rank=0, tasks=3, **layout))
    assert hosts_of(cluster) == list(nodes)
    assert len(set(cluster.workers)) == 3


def test_every_task_gets_the_same_list():
    found = [find_cluster(step(rank, 5, "a,b", "3,2")) for rank in range(5)]
    assert len({cluster.workers for cluster in found}) == 1
    assert [cluster.index for cluster in found] == list(range(5))


def test_two_jobs_or_steps_on_a_node_do_not_meet():
    def ports(job, number=0, tasks=32):
        environ = step(0, tasks, "a", tasks, SLURM_JOB_ID=job, SLURM_STEP_ID=number)
        return {int(worker.split(":")[1]) for worker in find_cluster(environ).workers}

    sets = [ports(job) for job in (1_234_567, 1_234_568, 1_234_569)]
    sets += [ports(1_234_567, number) for number in (1, 2)]
    assert len(set.union(*sets)) == 5 * 32
    for job in (0, 639, 640, 4_294_967_295):
        assert 10240 <= min(ports(job, 9, 100)) <= max(ports(job, 9, 100)) < 30720


def test_mlpkit_port_names_the_port():
    cluster = find_cluster(step(tasks=3, layout="2,1", MLPKIT_PORT=5000, SLURM_JOB_ID=None))
    assert cluster.workers == ("a:5000", "a:5001", "b:5000")


@pytest.mark.parametrize(
    "environ",
    [
        step(tasks=1, nodes="a"),
        {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_NODELIST": "a"},
    ],
    ids=["one task", "a batch script, not started by srun"],
)
def test_slurm_without_several_tasks_is_none(environ):
    assert find_cluster(environ) is None


def test_tf_config_goes_before_slurm():
    assert find_cluster({**step(), **tf_config(TWO, index=1)}) == Cluster(("a:1", "b:2"), 1)


WRONG_STEPS = {
    "rank": (step(rank=2), ["SLURM_PROCID must be less than the number of tasks, 2. Got 2"]),
    "too many": (
        step(tasks=20000, nodes="a"),
        ["SLURM_STEP_NUM_TASKS must be an integer >= 1 and <= 16384. Got"],
    ),
    "no rank": (step(rank=None), ["SLURM_PROCID must be set"]),
    "tasks": (step(tasks="two"), ["SLURM_STEP_NUM_TASKS must be an integer >= 1 and"]),
    "nodes": (step(nodes="n["), ["NODELIST must be a list of nodes, such as node[01-03,07],gpu5"]),
    "layout": (step(layout="2x"), ["must be the tasks of each node, such as 2(x3),1. Got '2x'"]),
    "other sum": (step(layout="2,1"), ["Got 2 tasks and 2 node(s), and SLURM_STEP_TASKS_PER_NODE"]),
    "other nodes": (step(layout="2"), ["must be shared out over the nodes. Got 2 tasks and 2"]),
    "empty node": (step(tasks=2, nodes="a,b,c"), ["Got 2 tasks and 3 node(s)"]),
    "plane": (step(SLURM_DISTRIBUTION="plane=2"), ["must be block or cyclic. Got 'plane=2'"]),
    "elsewhere": (step(SLURMD_NODENAME="b"), ["task 0 must run on a, by these variables. Got b"]),
    "no job": (step(SLURM_JOB_ID=None), ["SLURM_JOB_ID or SLURM_JOBID must be set"]),
    "port": (step(MLPKIT_PORT=65536), ["MLPKIT_PORT must be an integer >= 1 and <= 65535. Got"]),
    "several": (
        step(rank="x", nodes="n[2-1]", tasks=3),
        ["SLURM_PROCID must be an integer", "SLURM_STEP_NODELIST must be a list of nodes"],
    ),
}


@pytest.mark.parametrize("case", WRONG_STEPS)
def test_mistakes_of_slurms_variables(case):
    environ, expected = WRONG_STEPS[case]
    with pytest.raises(InvalidParameterError, match="^Slurm's variables must describe") as got:
        find_cluster(environ)
    head, *lines = str(got.value).split("\n- ")
    assert "such as SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=3" in head
    assert "Got SLURM_STEP_ID=0" in head
    assert len(lines) == len(expected)
    for line, part in zip(lines, expected, strict=True):
        assert part in line


def test_the_example_of_the_message_is_right():
    with pytest.raises(InvalidParameterError) as got:
        find_cluster(step(rank=None))
    text = str(got.value).split("such as ")[1].split(". Got")[0]
    environ = dict(part.split("=") for part in text.split()) | {"SLURM_STEP_ID": "0"}
    assert hosts_of(find_cluster(environ)) == ["node01", "node01", "node02"]


def test_is_chief(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_ID", "SLURM_STEPID", "SLURM_STEP_NODELIST"):
        monkeypatch.delenv(name, raising=False)
    assert is_chief()
    for index, chief in ((0, True), (1, False)):
        monkeypatch.setenv("TF_CONFIG", tf_config(TWO, index=index)["TF_CONFIG"])
        assert is_chief() == chief
