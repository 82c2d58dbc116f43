// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two tc programs of an interface. An observer: whatever happens inside, the answer is "next,
 * please", so the packet and everybody else's filters go on as if we were not here.
 */
#include "headers.bpf.h"

#define TC_NEXT -1 /* TCX_NEXT, TC_ACT_UNSPEC */

SEC("tc")
int cgt_ingress(struct __sk_buff *skb)
{
	tally_ingress(skb);
	return TC_NEXT;
}

SEC("tc")
int cgt_egress(struct __sk_buff *skb)
{
	tally_egress(skb);
	return TC_NEXT;
}

/*
 * Does nothing. Its link lives exactly as long as the process that owns this ledger, in whatever
 * namespaces that is, so the next process can tell a filter left by a killed one from the filter of
 * a neighbour. (tcx links need no such mark.)
 */
SEC("tp_btf/cgroup_mkdir")
int cgt_owner(void *ctx)
{
	__u32 first = 0;

	bpf_map_lookup_elem(&cgt_cells, &first);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
