"""What a container may use, read from the files a kernel shows."""

from pathlib import Path

from verascope.monitor.container import Allowance, allowance


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_version_2_limits_are_read_from_the_groups_own_folder(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/system.slice/verascope.service"
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "0::/system.slice/verascope.service\n",
            "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
            f"{group}/cpu.max": "150000 100000\n",
            f"{group}/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
            f"{group}/memory.max": "536870912\n",
            f"{group}/memory.current": "100000000\n",
            f"{group}/memory.stat": "anon 60000000\ninactive_file 30000000\n",
        },
    )
    assert allowance(root) == Allowance(1.5, 2.5, 536_870_912, 70_000_000)


def test_inside_a_container_the_groups_path_is_not_visible_and_its_folder_is_the_root(
    tmp_path: Path,
) -> None:
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "0::/../../docker/abc\n",
            "sys/fs/cgroup/cgroup.controllers": "cpu\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
            "sys/fs/cgroup/memory.current": "5000\n",
        },
    )
    assert allowance(root) == Allowance(None, None, None, 5000)


def test_version_1_limits_are_read_from_each_controller(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/job\n2:cpuacct:/\n1:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpuacct/cpuacct.usage": "3000000000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1000\n",
            "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "900\n",
            "sys/fs/cgroup/memory/job/memory.stat": "total_inactive_file 400\n",
        },
    )
    assert allowance(root) == Allowance(0.5, 3.0, 1000, 500)


def test_version_1_without_limits_has_none(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert allowance(root) == Allowance()


def test_where_nothing_is_mounted_nothing_is_known(tmp_path: Path) -> None:
    assert allowance(tmp_path) == Allowance()
