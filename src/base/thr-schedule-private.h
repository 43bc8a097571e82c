/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* Other schedules than the usual ones, for a build with -Dschedules=true. The
 * compiler reads this file before each source of the library and of its modules,
 * in no other build, so that what takes a lock, touches an atomic or hands
 * something to another thread gives its processor away at random, before it or
 * after it, with no call written anew for it. tests/check-tree.py looks whether
 * one that src/ uses is missing here. */

#include <gio/gio.h>
#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* The same seed gives each thread the same decisions, in the order in which the
 * threads came. Zero, the seed at first unless THR_SCHEDULE_SEED says another,
 * gives nothing away. A module has a seed of its own, which is only ever that of
 * THR_SCHEDULE_SEED. */
void thr_schedule_set_seed (guint seed);
void thr_schedule_yield    (void);

/* Functions, for what GLib's macros name or somebody hands on as a pointer. */
void thr_schedule_unref_object (gpointer       object);
void thr_schedule_free_locker  (GMutexLocker **locker);

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
#define g_mutex_locker_free(locker)     THR_AFTER ((g_mutex_locker_free) (locker))
#define glib_autoptr_cleanup_GMutexLocker thr_schedule_free_locker
#define g_cond_wait(cond, mutex)        THR_BEFORE ((g_cond_wait) (cond, mutex))
#define g_cond_wait_until(cond, mutex, end)                                      \
  THR_BEFORE ((g_cond_wait_until) (cond, mutex, end))
#define g_cond_signal(cond)             THR_BEFORE ((g_cond_signal) (cond))
#define g_cond_broadcast(cond)          THR_BEFORE ((g_cond_broadcast) (cond))
/* Where it is done, there is neither a lock, with which a child could be forked,
 * nor anything to yield for: each cast of an object asks. */
#undef g_once
#undef g_once_init_enter
#undef g_once_init_leave
#define g_once(once, func, arg)                                                  \
  (__atomic_load_n (&(once)->status, __ATOMIC_ACQUIRE) == G_ONCE_STATUS_READY    \
     ? (once)->retval                                                            \
     : THR_BEFORE (g_once_impl (once, func, arg)))
#define g_once_init_enter(location)                                              \
  (!(g_atomic_pointer_get) (location) && THR_BEFORE ((g_once_init_enter) (location)))
#define g_once_init_leave(location, result)                                      \
  THR_BEFORE ((g_once_init_leave) (location, (gsize) (result)))
#define g_main_context_acquire(context) THR_AROUND ((g_main_context_acquire) (context))
#define g_main_context_release(context) THR_AFTER ((g_main_context_release) (context))
#define g_main_context_is_owner(context) THR_BEFORE ((g_main_context_is_owner) (context))
#define g_main_context_push_thread_default(context)                              \
  THR_BEFORE ((g_main_context_push_thread_default) (context))
#define g_main_context_pop_thread_default(context)                               \
  THR_AFTER ((g_main_context_pop_thread_default) (context))

/* Queues, what wakes those who wait at them, and who else begins to run. */
#define g_main_context_wakeup(context)  THR_BEFORE ((g_main_context_wakeup) (context))
#define g_main_context_iteration(context, may_block)                             \
  THR_BEFORE ((g_main_context_iteration) (context, may_block))
#define g_source_set_ready_time(source, time)                                    \
  THR_BEFORE ((g_source_set_ready_time) (source, time))
#define g_source_set_priority(source, priority)                                  \
  THR_BEFORE ((g_source_set_priority) (source, priority))
#define g_source_attach(source, context)                                         \
  THR_BEFORE ((g_source_attach) (source, context))
#define g_source_add_child_source(source, child)                                 \
  THR_BEFORE ((g_source_add_child_source) (source, child))
#define g_source_destroy(source)        THR_BEFORE ((g_source_destroy) (source))
#define g_thread_pool_push(pool, data, error)                                    \
  THR_AROUND ((g_thread_pool_push) (pool, data, error))
#define g_thread_try_new(name, func, data, error)                                \
  THR_AROUND ((g_thread_try_new) (name, func, data, error))
#define g_task_attach_source(task, source, func)                                 \
  THR_BEFORE ((g_task_attach_source) (task, source, func))
#define g_task_return_boolean(task, result)                                      \
  THR_BEFORE ((g_task_return_boolean) (task, result))
#define g_task_return_pointer(task, result, destroy)                             \
  THR_BEFORE ((g_task_return_pointer) (task, result, destroy))
#define g_task_return_error(task, error)                                         \
  THR_BEFORE ((g_task_return_error) (task, error))
#define g_task_return_new_error(task, ...)                                       \
  THR_BEFORE ((g_task_return_new_error) (task, __VA_ARGS__))
#define g_task_return_error_if_cancelled(task)                                   \
  THR_BEFORE ((g_task_return_error_if_cancelled) (task))
#define g_cancellable_cancel(cancellable)                                        \
  THR_BEFORE ((g_cancellable_cancel) (cancellable))
#define g_cancellable_connect(cancellable, callback, data, destroy)              \
  THR_BEFORE ((g_cancellable_connect) (cancellable, callback, data, destroy))
#define g_cancellable_disconnect(cancellable, id)                                \
  THR_BEFORE ((g_cancellable_disconnect) (cancellable, id))
#define g_cancellable_is_cancelled(cancellable)                                  \
  THR_BEFORE ((g_cancellable_is_cancelled) (cancellable))
#define g_cancellable_set_error_if_cancelled(cancellable, error)                 \
  THR_BEFORE ((g_cancellable_set_error_if_cancelled) (cancellable, error))

/* References to objects: g_clear_object(), a g_autoptr() and who hands
 * g_object_unref() on meet these, too. */
#undef g_object_ref
#undef g_object_ref_sink
#undef g_set_object
#define g_object_ref(object)            THR_BEFORE ((__typeof__ (object)) (g_object_ref) (object))
#define g_object_ref_sink(object)                                                \
  THR_BEFORE ((__typeof__ (object)) (g_object_ref_sink) (object))
#define g_object_unref                  thr_schedule_unref_object
#define glib_autoptr_clear_GObject      thr_schedule_unref_object
#define g_set_object(place, object)                                              \
  THR_BEFORE ((g_set_object) ((GObject **) (place), (GObject *) (object)))
#define g_object_weak_ref(object, func, data)                                    \
  THR_BEFORE ((g_object_weak_ref) (object, func, data))
#define g_object_get_qdata(object, quark)                                        \
  THR_BEFORE ((g_object_get_qdata) (object, quark))
#define g_object_set_qdata(object, quark, data)                                  \
  THR_BEFORE ((g_object_set_qdata) (object, quark, data))
#define g_object_set_qdata_full(object, quark, data, destroy)                    \
  THR_BEFORE ((g_object_set_qdata_full) (object, quark, data, destroy))
#define g_object_steal_qdata(object, quark)                                      \
  THR_BEFORE ((g_object_steal_qdata) (object, quark))

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
