/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Socket -> owner. sched_cls has no helper for the cgroup of a looked-up socket (bpf_sk_cgroup_id
 * is refused up to 7.2), so the kernel's own fields are read: directly where the verifier knows the
 * type, by probe reads where not. Only full sockets may be given: a TIME_WAIT or request socket
 * ends before these fields.
 */
#pragma once

#define ROOT_CGROUP_ID 1

struct owner {
	__u64 cgroup_id;
	__u32 kind; /* enum cgt_kind */
};

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* Up to 5.14 the cgroup pointer shares its word with net_cls and net_prio. */
struct sock_cgroup_data___5_10 {
	__u64 val;
} __attribute__((preserve_access_index));

struct sock___5_10 {
	struct sock_cgroup_data___5_10 sk_cgrp_data;
} __attribute__((preserve_access_index));

static __always_inline __u64 cgroup_id_of_word(__u64 word)
{
	/*
	 * A set low bit: the word holds net_cls/net_prio ids and the cgroup is taken to be the
	 * root.
	 */
	if (!word || (word & 3))
		return ROOT_CGROUP_ID;
	return BPF_CORE_READ((struct cgroup *)word, kn, id);
}

/*
 * Sockets of the kernel carry the cgroup of whoever made their netns, and root if nobody did. The
 * control sockets that answer for it are raw or unconnected, so of the others only root's are worth
 * a look: a connection that the kernel made on behalf of a cgroup (NFS, say) stays with that
 * cgroup.
 */
static __always_inline int may_be_of_kernel(__u64 cgroup_id, __u32 state)
{
	return cgroup_id <= ROOT_CGROUP_ID || state == BPF_TCP_CLOSE;
}

static __always_inline struct owner owner_by_reason(enum cgt_kind kind)
{
	return (struct owner){.kind = kind};
}

/* `sk` is a pointer whose type the verifier knows: plain loads, no helper. */
static __always_inline struct owner owner_of_typed(struct sock *sk, __u32 state)
{
	__u64 id;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		id = sk->sk_cgrp_data.cgroup->kn->id;
	else
		id = cgroup_id_of_word(((struct sock___5_10 *)sk)->sk_cgrp_data.val);
	if (may_be_of_kernel(id, state) && BPF_CORE_READ_BITFIELD(sk, sk_kern_sock))
		return owner_by_reason(CGT_KERNEL);
	return (struct owner){.cgroup_id = id};
}

/* `sk` is a scalar that happens to be a kernel address. */
static __always_inline struct owner owner_of_address(struct sock *sk, __u32 state)
{
	__u64 id;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	else
		id = cgroup_id_of_word(BPF_CORE_READ((struct sock___5_10 *)sk, sk_cgrp_data.val));
	if (may_be_of_kernel(id, state) && BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		return owner_by_reason(CGT_KERNEL);
	return (struct owner){.cgroup_id = id};
}

/* A socket of any protocol: no bpf_skc_to_* helper takes an AF_INET UDP one. */
static __always_inline struct owner owner_of(void *sk, __u32 state)
{
	struct sock *address = NULL;
	void *volatile spilled = sk;

	if (have_rdonly_cast)
		return owner_of_typed(bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock)),
				      state);
	bpf_probe_read_kernel(&address, sizeof(address), (void *)&spilled);
	return owner_of_address(address, state);
}

static __always_inline int is_full_socket(__u32 state)
{
	return state != BPF_TCP_TIME_WAIT && state != BPF_TCP_NEW_SYN_RECV;
}
