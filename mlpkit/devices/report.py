"""A description as a page of text."""

import textwrap

_WIDTH = 100
_NAMES = 24  # columns


def report(description):
    """Give a description as text, a line a fact, advice last.

    Parameters
    ----------
    description : Description
        What was found.

    Returns
    -------
    str
    """
    lines = []
    for title, section, rows in _SECTIONS:
        found = getattr(description, section)
        facts = [("not known", found["error"])] if found.get("error") else rows(found)
        lines += [title, *(line for fact in facts for line in _line(*fact)), ""]
    return "\n".join([*lines, *_advice(description)])


def _line(name, value):
    # Long names and values start a line of their own; the loader's words are not cut.
    first = f"  {name:<{_NAMES - 1}} "
    rest = " " * (_NAMES + 2)
    return textwrap.wrap(
        str(value), _WIDTH, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    ) or [first.rstrip()]  # fmt: skip


def _versions(found):
    return [(name, version or "not installed") for name, version in found.items()]


def _system(found):
    return [("system", found["platform"])]


def _processor(found):
    cores = f"{found['usable']} of {found['cores']} may be used"
    limits = [] if found["allowed"] == found["cores"] else [f"affinity {found['allowed']}"]
    limits += [] if found["quota"] is None else [f"container {found['quota']:g}"]
    return [
        ("processor", found["name"]),
        ("cores", f"{cores} ({', '.join(limits)})" if limits else cores),
        ("features", ", ".join(found["features"]) or "not known"),
    ]


def _memory(found):
    limit = f", {_size(found['limit'])} of it for this container" if found["limit"] else ""
    free = "" if found["available"] is None else f", {_size(found['available'])} free"
    return [("memory", f"{_size(found['machine'])}{limit}{free}")]


def _size(n_bytes):
    return f"{n_bytes / 2**30:.1f} GiB"


def _tensorflow(found):
    threads = found["threads"]
    rows = [
        ("physical devices", ", ".join(found["physical"])),
        ("logical devices", ", ".join(found["logical"])),
        (
            "threads",
            f"{threads['intra_op']} an operation, {threads['inter_op']} operations at once",
        ),
    ]
    for gpu in found["gpus"]:
        grows = "taken as needed" if gpu["memory_grows"] else "taken at once"
        capability = gpu["capability"] or "not known"
        rows.append((gpu["device"], f"{gpu['name']}, capability {capability}, memory {grows}"))
    return rows


def _cuda(found):
    built = (
        f"CUDA {found['cuda']}, cuDNN {found['cudnn']}" if found["built_with_cuda"] else "no CUDA"
    )
    driver = found["driver"]
    speaks = f"{driver['file']}, CUDA {driver.get('cuda')}" if driver["file"] else "not found"
    rows = [
        ("TensorFlow built for", built),
        ("driver", f"{speaks} ({driver['reason']})" if driver["reason"] else speaks),
    ]
    rows += [("nvidia-smi", found["nvidia_smi"])] if found["nvidia_smi"] else []
    for gpu in found["gpus"]:
        size = _size(gpu["memory"]) if gpu.get("memory") else "memory not known"
        driver = f"driver {gpu.get('driver')}"
        rows.append(("GPU", f"{gpu['name']}, {size}, {driver}, capability {gpu.get('capability')}"))
    rows += [(name, one["file"] or one["reason"]) for name, one in found["libraries"].items()]
    packages = ", ".join(" ".join(pair) for pair in found["packages"].items())
    return [*rows, ("NVIDIA's packages", packages or "none")]


def _blas(found):
    return [
        (one["name"], f"{one['version']}, {one['threads']} threads, for {one['kernels']}")
        for one in found["libraries"]
    ] or [("BLAS", "none that is known")]


def _environment(found):
    return list(found.items()) or [("nothing", "is set")]


def _advice(description):
    ready = "Training can run." if description.can_train else "Training cannot run."
    lines = [ready]
    for number, one in enumerate(description.advice, 1):
        lines += textwrap.wrap(
            one.says, _WIDTH, initial_indent=f"  {number}. ", subsequent_indent="     ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


_SECTIONS = (
    ("Versions", "versions", _versions),
    ("Machine", "system", _system),
    ("Processor", "processor", _processor),
    ("Memory", "memory", _memory),
    ("TensorFlow", "tensorflow", _tensorflow),
    ("CUDA", "cuda", _cuda),
    ("NumPy's BLAS", "blas", _blas),
    ("Environment", "environment", _environment),
)
