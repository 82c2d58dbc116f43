// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reports the creation, the removal and the first and last process of cgroups to one process
 * through a ring buffer. The path is
 * read in the tracepoint: later it may be gone. On hybrid hosts these tracepoints fire for cgroup
 * v1 too, with ids that overlap those of v2.
 */
#include <linux/bpf.h>
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <cgtally/abi.h>

#define UNIFIED_HIERARCHY 0
#define HEADER_LEN	  offsetof(struct cgt_cgroup_event, path)

/*
 * Written by the CPU that makes or removes a cgroup; read by userspace. Events that do not fit are
 * counted in `lost`.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} cgt_events SEC(".maps");

/*
 * Memory for one event, which is too large for the stack. No races: the kernel holds cgroup_mutex
 * around both tracepoints.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_cgroup_event);
} cgt_scratch SEC(".maps");

__u64 lost = 0;

/* The part of struct cgt_cgroup_event before the path, which these events do not have. */
struct life_event {
	__u64 cgroup_id;
	__u64 boot_ns;
	__u64 parent_id;
	__u32 type;
	__u32 path_len;
};
_Static_assert(sizeof(struct life_event) == 32, "up to the path");

static __always_inline int send_event(struct cgroup *cgroup, const char *path, __u32 type)
{
	__u32 zero = 0;
	struct cgt_cgroup_event *event = bpf_map_lookup_elem(&cgt_scratch, &zero);
	long len;

	if (!event || cgroup->root->hierarchy_id != UNIFIED_HIERARCHY)
		return 0;
	event->cgroup_id = cgroup->kn->id;
	event->boot_ns = bpf_ktime_get_boot_ns();
	event->type = type;
	event->parent_id = 0;
	len = bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	if (len == sizeof(event->path)) {
		/* Maybe cut: send what the kernel cannot have cut. */
		event->parent_id = cgroup->self.parent->cgroup->kn->id;
		len = bpf_probe_read_kernel_str(event->path, CGT_NAME_MAX, cgroup->kn->name);
	}
	if (len < 0)
		len = 0;
	event->path_len = len;
	if (bpf_ringbuf_output(&cgt_events, event, HEADER_LEN + len, 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgt_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	return send_event(cgroup, path, CGT_CGROUP_MADE);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgt_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	return send_event(cgroup, path, CGT_CGROUP_REMOVED);
}

/* The kernel holds css_set_lock, not cgroup_mutex: these events have their own memory. */
SEC("tp_btf/cgroup_notify_populated")
int BPF_PROG(cgt_cgroup_populated, struct cgroup *cgroup, const char *path, int populated)
{
	struct life_event event = {};

	if (cgroup->root->hierarchy_id != UNIFIED_HIERARCHY)
		return 0;
	event.cgroup_id = cgroup->kn->id;
	event.boot_ns = bpf_ktime_get_boot_ns();
	event.parent_id = cgroup->self.parent ? cgroup->self.parent->cgroup->kn->id : 0;
	event.type = populated ? CGT_CGROUP_BEGUN : CGT_CGROUP_ENDED;
	if (bpf_ringbuf_output(&cgt_events, &event, sizeof(event), 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
