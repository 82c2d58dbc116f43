// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts the TCP sockets that leave the state ESTABLISHED, in every netns of this kernel, for the
 * owner cache of the tc programs (tcp_changes.bpf.h). It costs nothing per packet.
 */
#include <linux/bpf.h>
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <cgtally/abi.h>

#include "tcp_changes.bpf.h"

/*
 * The last state, too: a lookup on another CPU may have met the socket as it left ESTABLISHED. When
 * it reaches CLOSE the kernel has taken it out of its hash (tcp_set_state, 5.10 to 7.2), so no
 * lookup can find it after this count and believe the old owner.
 */
static __always_inline int is_end(int from, int to)
{
	if (from == BPF_TCP_ESTABLISHED)
		return 1;
	return to == BPF_TCP_CLOSE && from != BPF_TCP_SYN_SENT && from != BPF_TCP_LISTEN;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(cgt_tcp_state, const struct sock *sk, const int from, const int to)
{
	union {
		__u16 ends[2];
		__u32 both;
	} ports;
	__u32 *changes;

	if (!is_end(from, to))
		return 0;
	ports.ends[0] = sk->__sk_common.skc_dport;
	/* Not skc_num: that is 0 already if the socket gave its port back. */
	ports.ends[1] = BPF_CORE_READ((const struct inet_sock *)sk, inet_sport);
	changes = tcp_changes_of(tcp_change_bucket(ports.both));
	if (changes)
		__sync_fetch_and_add(changes, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
