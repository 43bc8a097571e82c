/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* Other schedules than the usual ones, for a build with -Dschedules=true. The
 * compiler reads this file before each source of the library, in no other build,
 * so that what takes a lock, touches an atomic or hands something to another
 * thread gives its processor away at random, before it or after it, with no call
 * written anew for it. */

#include <gio/gio.h>
#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* The same seed gives each thread the same decisions, in the order in which the
 * threads came. Zero, the seed at first unless THR_SCHEDULE_SEED says another,
 * gives nothing away. */
void thr_schedule_set_seed (guint seed);
void thr_schedule_yield    (void);

#define THR_YIELD_POINT() thr_schedule_yield ()

#define THR_BEFORE(call) (THR_YIELD_POINT (), (call))
#define THR_AFTER(call)  ((call), THR_YIELD_POINT ())
#define THR_AROUND(call)                                                         \
  (G_GNUC_EXTENSION ({                                                           \
    __typeof__ (call) _result = THR_BEFORE (call);                               \
    THR_YIELD_POINT ();                                                          \
    _result;                                                                     \
  }))

/* Locks. What GLib itself defines in its headers was read above, and still
 * calls the functions as they are. */
#define g_mutex_lock(mutex)             THR_BEFORE ((g_mutex_lock) (mutex))
#define g_mutex_trylock(mutex)          THR_BEFORE ((g_mutex_trylock) (mutex))
#define g_mutex_unlock(mutex)           THR_AFTER ((g_mutex_unlock) (mutex))
#define g_mutex_locker_new(mutex)       THR_BEFORE ((g_mutex_locker_new) (mutex))
#define g_cond_wait(cond, mutex)        THR_BEFORE ((g_cond_wait) (cond, mutex))
#define g_cond_wait_until(cond, mutex, end)                                      \
  THR_BEFORE ((g_cond_wait_until) (cond, mutex, end))
#define g_cond_signal(cond)             THR_BEFORE ((g_cond_signal) (cond))
#define g_cond_broadcast(cond)          THR_BEFORE ((g_cond_broadcast) (cond))

/* Queues, and what wakes those who wait at them. */
#define g_main_context_wakeup(context)  THR_BEFORE ((g_main_context_wakeup) (context))
#define g_source_set_ready_time(source, time)                                    \
  THR_BEFORE ((g_source_set_ready_time) (source, time))
#define g_source_attach(source, context)                                         \
  THR_BEFORE ((g_source_attach) (source, context))
#define g_source_destroy(source)        THR_BEFORE ((g_source_destroy) (source))
#define g_thread_pool_push(pool, data, error)                                    \
  THR_BEFORE ((g_thread_pool_push) (pool, data, error))
#undef g_object_ref
#define g_object_ref(object)            THR_BEFORE ((__typeof__ (object)) (g_object_ref) (object))
#define g_object_unref(object)          THR_BEFORE ((g_object_unref) (object))

/* GLib's atomics: each is a function beside the macro. */
#undef g_atomic_int_get
#undef g_atomic_int_set
#undef g_atomic_int_inc
#undef g_atomic_int_add
#undef g_atomic_int_dec_and_test
#undef g_atomic_int_compare_and_exchange_full
#undef g_atomic_pointer_get
#undef g_atomic_pointer_set
#undef g_atomic_pointer_compare_and_exchange
#undef g_atomic_ref_count_inc
#undef g_atomic_ref_count_dec
#define g_atomic_int_get(atomic)        THR_BEFORE ((g_atomic_int_get) ((gint *) (atomic)))
#define g_atomic_int_set(atomic, value)                                          \
  THR_BEFORE ((g_atomic_int_set) ((gint *) (atomic), (gint) (value)))
#define g_atomic_int_inc(atomic)        THR_BEFORE ((g_atomic_int_inc) (atomic))
#define g_atomic_int_add(atomic, value) THR_AROUND ((g_atomic_int_add) (atomic, value))
#define g_atomic_int_dec_and_test(atomic)                                        \
  THR_AROUND ((g_atomic_int_dec_and_test) (atomic))
#define g_atomic_int_compare_and_exchange_full(atomic, old, new, seen)           \
  THR_AROUND ((g_atomic_int_compare_and_exchange_full) (atomic, old, new, seen))
#define g_atomic_pointer_get(atomic)                                             \
  ((__typeof__ (*(atomic))) THR_BEFORE ((g_atomic_pointer_get) (atomic)))
#define g_atomic_pointer_set(atomic, value)                                      \
  THR_BEFORE ((g_atomic_pointer_set) (atomic, (gpointer) (value)))
#define g_atomic_pointer_compare_and_exchange(atomic, old, new)                  \
  THR_AROUND ((g_atomic_pointer_compare_and_exchange) (atomic, old, new))
#define g_atomic_ref_count_inc(count)   THR_BEFORE ((g_atomic_ref_count_inc) (count))
#define g_atomic_ref_count_dec(count)   THR_AROUND ((g_atomic_ref_count_dec) (count))

/* C's atomics are macros alone, so here again by what GCC makes of them. */
#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange
#undef atomic_exchange_explicit
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and
#undef atomic_fetch_and_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#undef atomic_compare_exchange_weak_explicit
#undef atomic_thread_fence
#define atomic_load_explicit(atomic, order)                                      \
  THR_BEFORE (__atomic_load_n (atomic, order))
#define atomic_store_explicit(atomic, value, order)                              \
  THR_BEFORE (__atomic_store_n (atomic, value, order))
#define atomic_exchange_explicit(atomic, value, order)                           \
  THR_AROUND (__atomic_exchange_n (atomic, value, order))
#define atomic_fetch_add_explicit(atomic, value, order)                          \
  THR_AROUND (__atomic_fetch_add (atomic, value, order))
#define atomic_fetch_sub_explicit(atomic, value, order)                          \
  THR_AROUND (__atomic_fetch_sub (atomic, value, order))
#define atomic_fetch_or_explicit(atomic, value, order)                           \
  THR_AROUND (__atomic_fetch_or (atomic, value, order))
#define atomic_fetch_and_explicit(atomic, value, order)                          \
  THR_AROUND (__atomic_fetch_and (atomic, value, order))
#define atomic_compare_exchange_weak_explicit(atomic, old, new, order, failed)   \
  THR_AROUND (__atomic_compare_exchange_n (atomic, old, new, TRUE, order, failed))
#define atomic_thread_fence(order)      THR_BEFORE (__atomic_thread_fence (order))
#define atomic_load(atomic)             atomic_load_explicit (atomic, memory_order_seq_cst)
#define atomic_store(atomic, value)     atomic_store_explicit (atomic, value, memory_order_seq_cst)
#define atomic_exchange(atomic, value)                                           \
  atomic_exchange_explicit (atomic, value, memory_order_seq_cst)
#define atomic_fetch_add(atomic, value)                                          \
  atomic_fetch_add_explicit (atomic, value, memory_order_seq_cst)
#define atomic_fetch_sub(atomic, value)                                          \
  atomic_fetch_sub_explicit (atomic, value, memory_order_seq_cst)
#define atomic_fetch_or(atomic, value)                                           \
  atomic_fetch_or_explicit (atomic, value, memory_order_seq_cst)
#define atomic_fetch_and(atomic, value)                                          \
  atomic_fetch_and_explicit (atomic, value, memory_order_seq_cst)
#define atomic_compare_exchange_strong(atomic, old, new)                         \
  THR_AROUND (__atomic_compare_exchange_n (atomic, old, new, FALSE,              \
                                           memory_order_seq_cst, memory_order_seq_cst))
#define atomic_compare_exchange_weak(atomic, old, new)                           \
  atomic_compare_exchange_weak_explicit (atomic, old, new,                       \
                                         memory_order_seq_cst, memory_order_seq_cst)

G_END_DECLS
