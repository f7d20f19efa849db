"""The kernel features that faults need: a table, each with the shell lines that try it.

A trial runs as root of a network and mount namespace of its own, in an empty folder in memory, with
``sh -e``. It prints what it found and ends with 0 when the feature works, with 77 (``lacks``) when the
program to try it with is not installed where it was tried, and with anything else when it does not work.
Whatever it makes dies with the namespaces, also when it is killed.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FEATURES", "UNTRIED", "Feature"]

UNTRIED = 77


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature of the kernel.

    Attributes:
        name: the row's name.
        program: what must be installed to try it; the agent's image brings its own.
        trial: the shell lines that try it.
        enables: the faults that need it.
        mend: how to get it.
        required: whether the reference stack's first experiments need it.
    """

    name: str
    program: str
    trial: str
    enables: str
    mend: str
    required: bool = False


_KERNEL = "Boot a kernel that has {}; a distribution's own (its linux-image package) does"

# A closed port refuses at once; once packets to it are dropped the same call hangs. That is the effect.
_DROP = """
try() { timeout 0.3 bash -c '</dev/tcp/127.0.0.1/9' 2>/dev/null; }
try && exit 1 || [ $? = 1 ]
rule='-A INPUT -p tcp --dport 9 -m comment --comment doctor -j DROP'
printf '%s\\n' '*filter' "$rule" COMMIT | iptables-restore
try && exit 1 || [ $? = 124 ]
echo "drops packets, $(iptables -V)"
"""

_NFT = """
nft add table inet doctor
nft list table inet doctor >/dev/null
nft --version | head -n 1
"""

_DNAT = "iptables -t nat -A OUTPUT -p tcp -d 127.0.0.2 --dport 9 -j DNAT --to 127.0.0.1:10; echo takes a rule"

# A device that is let go while it is held open goes when the shell ends, however it ends.
_ATTACH = """
attach() { d=$(losetup -f --show "$1"); eval "exec $2<$d"; losetup -d $d; }
"""

_LOOP = f"""
{_ATTACH}
truncate -s 4M file
attach file 3
test "$(blockdev --getsize64 $d)" = 4194304
echo attached $d
"""

# A loop device that mount makes goes away with the mount, and so with the namespace.
_XFS = """
truncate -s 320M file
mkfs.xfs -q file
mkdir at
mount -t xfs -o loop file at
umount at
echo "made and mounted"
"""

_BTRFS = f"""
{_ATTACH}
truncate -s 128M one two
attach one 3; one=$d
attach two 4; two=$d
mkfs.btrfs -q -m raid1 -d raid1 $one $two
mkdir at; mount -t btrfs -o device=$one,device=$two $one at
echo content >at/file; sync -f at; umount at
echo "made and mounted a mirror"
"""

_FUSE = """
exec 3<>/dev/fuse
mkdir at
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 doctor at
umount -l at
echo "mounted"
"""

# Looked up, as the only one: a group made to try it would outlive a doctor that is killed.
_THROTTLE = """
cd /sys/fs/cgroup
if [ -e blkio/blkio.throttle.write_bps_device ]; then echo "blkio, control groups of version 1"
elif grep -qw io cgroup.controllers 2>/dev/null; then echo "io.max, control groups of version 2"
else echo "neither blkio nor io among the control groups"; exit 1
fi
"""

FEATURES: tuple[Feature, ...] = (
    Feature(
        name="iptables",
        program="iptables",
        trial=_DROP,
        enables="Isolate, Partition, containment of the edge",
        mend="Install iptables; " + _KERNEL.format("netfilter (nf_tables or ip_tables)"),
        required=True,
    ),
    Feature(
        name="dnat",
        program="iptables",
        trial=_DNAT,
        enables="links through Toxiproxy: latency, bandwidth, resets, lost responses",
        mend=_KERNEL.format("nft_nat or iptable_nat"),
    ),
    Feature(
        name="zones",
        program="iptables",
        trial="iptables -t raw -A OUTPUT -p udp -j CT --zone 1; echo takes a rule",
        enables="Dns, also for a resolver that keeps its socket",
        mend=_KERNEL.format("xt_CT and nf_conntrack_zones"),
    ),
    Feature(
        name="owner",
        program="iptables",
        trial="iptables -A OUTPUT -m owner --uid-owner 0 -j ACCEPT; echo takes a rule",
        enables="rules that spare the agent's own probes",
        mend=_KERNEL.format("xt_owner"),
    ),
    Feature(
        name="statistic",
        program="iptables",
        trial="iptables -A OUTPUT -m statistic --mode random --probability 0.5 -j DROP; echo takes a rule",
        enables="packet loss without netem",
        mend=_KERNEL.format("xt_statistic"),
    ),
    Feature(
        name="nft",
        program="nft",
        trial=_NFT,
        enables="a look at rules where iptables is not there",
        mend="Install nftables; " + _KERNEL.format("nf_tables"),
    ),
    Feature(
        name="netem",
        program="tc",
        trial="tc qdisc add dev lo root netem delay 1ms; tc qdisc show dev lo",
        enables="delay, loss, corruption, duplication and reordering of packets",
        mend=_KERNEL.format("sch_netem") + "; toxics and packet loss work without it",
    ),
    Feature(
        name="tbf",
        program="tc",
        trial="tc qdisc add dev lo root tbf rate 1mbit burst 10kb latency 50ms; tc qdisc show dev lo",
        enables="limits of bandwidth",
        mend=_KERNEL.format("sch_tbf"),
    ),
    Feature(
        name="loop",
        program="losetup",
        trial=_LOOP,
        enables="disks that can be made to fail",
        mend=_KERNEL.format("loop devices (modprobe loop)"),
    ),
    Feature(
        name="xfs",
        program="mkfs.xfs",
        trial=_XFS,
        enables="disk failure and power cut (file-system shutdown)",
        mend=_KERNEL.format("xfs"),
    ),
    Feature(
        name="btrfs",
        program="mkfs.btrfs",
        trial=_BTRFS,
        enables="mirrors that lose one disk, or both",
        mend=_KERNEL.format("btrfs"),
    ),
    Feature(
        name="fuse",
        program="mount",
        trial=_FUSE,
        enables="ErrorOnPath: calls on some paths that fail or wait",
        mend=_KERNEL.format("fuse (modprobe fuse)"),
    ),
    Feature(
        name="throttle",
        program="grep",
        trial=_THROTTLE,
        enables="a disk that takes its time",
        mend=_KERNEL.format("BLK_DEV_THROTTLING and mount the blkio or io control groups"),
    ),
)
