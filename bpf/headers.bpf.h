/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All includes, in the order in which the parts build on each other: UAPI, the kernel's own types,
 * the ABI, our parts. The tc programs and the benchmark's programs include only this file.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#include <cgtally/abi.h>

/*
 * A global function: the verifier checks it once, by itself, and not again for each state in which
 * it is called, as it does for static functions. This cuts the instructions that it walks to a
 * third. Such a function may only take numbers and the context (other pointers need 5.12).
 */
#define VERIFIED_ONCE __noinline

/*
 * The same value through a byte on the stack, which the verifier does not track: otherwise it walks
 * all code that comes after once for each value.
 */
static __always_inline __u32 unlearned(__u32 value)
{
	volatile __u8 forgotten = value;

	return forgotten;
}

#include "config.bpf.h"
#include "packet.bpf.h"
#include "lives.bpf.h"
#include "names.bpf.h"
#include "maps.bpf.h"
#include "interface.bpf.h"
#include "tcp_changes.bpf.h"
#include "hash.bpf.h"
#include "wire.bpf.h"
#include "owner/socket.bpf.h"
#include "owner/several.bpf.h"
#include "owner/address.bpf.h"
#include "off_wire.bpf.h"
#include "owner/nat.bpf.h"
#include "owner/udp_socket.bpf.h"
#include "owner/belief.bpf.h"
#include "owner/connections.bpf.h"
#include "owner/lookup.bpf.h"
#include "owner/endpoint.bpf.h"
#include "owner/tunnel.bpf.h"
#include "owner/passage.bpf.h"
#include "owner/taught.bpf.h"
#include "owner/nat_owner.bpf.h"
#include "owner/pod_sender.bpf.h"
#include "shares.bpf.h"
#include "slots.bpf.h"
#include "window.bpf.h"
#include "handshakes.bpf.h"
#include "owner/owner.bpf.h"
#include "owner/owner_cache.bpf.h"
#include "late.bpf.h"
#include "tally.bpf.h"
