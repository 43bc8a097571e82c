/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "config.h"

#include <gio/gio.h>

#include "base/thr-local-private.h"

G_BEGIN_DECLS

/* The way home: what background threads have for a GMainContext goes through
 * the one dispatcher of that context, a GSource with an inbox that any thread
 * may push to and that only the thread which owns the context empties. */
typedef struct _ThrDispatcher ThrDispatcher;
typedef struct _ThrNode ThrNode;
typedef struct _ThrTick ThrTick;

/* Embedded in what is delivered; belongs to the inbox from push to delivery. */
typedef void (*ThrDeliverFunc) (ThrNode *node);
struct _ThrNode
{
  ThrNode *next;
  ThrDeliverFunc deliver;
};

/* Embedded in what wants to be called at the next tick, about 60 a second. */
typedef void (*ThrTickFunc) (ThrTick *tick);
struct _ThrTick
{
  GList link;
  ThrTickFunc func;
  gboolean waiting;
};

/* What deliveries leave for the end of their dispatch, to do it for many at
 * once. It is done sooner where somebody could miss it: before the first
 * delivery of another kind, and before a dispatch inside this one. */
#define THR_BATCH_SIZE 64
typedef struct _ThrBatch ThrBatch;
struct _ThrBatch
{
  void (*flush) (ThrBatch *batch); /* empties it first; NULL where it is empty */
  gpointer owner;
  guint count;
  guint n_items;
  gpointer items[THR_BATCH_SIZE];
};

/* Does now what was left for later on the calling thread. */
static inline void
thr_batch_flush (void)
{
  ThrBatch *batch = thr_local.batch;

  if (batch != NULL && batch->flush != NULL)
    batch->flush (batch);
}

/* In microseconds: how long one dispatch may deliver, and the time of a tick. */
#define THR_DISPATCH_BUDGET 2000
#define THR_TICK_INTERVAL 16667

/* The owner contexts of rule 1. */
ThrDispatcher *thr_dispatcher_for_context   (GMainContext   *context);
ThrDispatcher *thr_dispatcher_for_maker     (void);
ThrDispatcher *thr_dispatcher_for_long_life (void);
ThrDispatcher *thr_dispatcher_ref           (ThrDispatcher  *self);
void           thr_dispatcher_unref         (ThrDispatcher  *self);

/* A reference keeps the context, and the last one is dropped at home, so that
 * the context is not freed elsewhere. A weak one keeps only the memory. */
ThrDispatcher *thr_dispatcher_weak_ref      (ThrDispatcher  *self);
void           thr_dispatcher_weak_unref    (ThrDispatcher  *self);
GMainContext  *thr_dispatcher_get_context   (ThrDispatcher  *self);

/* What is running on the calling thread belongs to this owner, or NULL; a
 * thread that has one is a background thread, which never takes over a
 * context of somebody else's. Returns the one before. */
static inline ThrDispatcher *
thr_dispatcher_set_current (ThrDispatcher *owner)
{
  ThrDispatcher *before = thr_local.owner;

  thr_local.owner = owner;
  return before;
}

/* From any thread. */
gboolean       thr_dispatcher_on_main_thread (void);
void           thr_dispatcher_push          (ThrDispatcher  *self,
                                             ThrNode        *node);
void           thr_dispatcher_invoke        (ThrDispatcher  *self,
                                             void          (*func) (gpointer data),
                                             gpointer        data);
gboolean       thr_dispatcher_is_home       (ThrDispatcher  *self);
gboolean       thr_dispatcher_is_closed     (ThrDispatcher  *self);
void           thr_dispatcher_poke          (ThrDispatcher  *self);

/* For waits on the owner's own thread: between enter and leave it owns the
 * context; deliver runs what has come; sleep waits for more, for a poke or for
 * the deadline (-1: none). */
gboolean       thr_dispatcher_enter         (ThrDispatcher  *self);
void           thr_dispatcher_leave         (ThrDispatcher  *self);
void           thr_dispatcher_deliver       (ThrDispatcher  *self);
void           thr_dispatcher_deliver_all   (ThrDispatcher  *self);
void           thr_dispatcher_sleep         (ThrDispatcher  *self,
                                             gint64          deadline);

/* At home only. */
gint64         thr_dispatcher_get_begun     (ThrDispatcher  *self);
gint64         thr_dispatcher_get_budget    (ThrDispatcher  *self);
void           thr_dispatcher_tick          (ThrDispatcher  *self,
                                             ThrTick        *tick,
                                             ThrTickFunc     func);
void           thr_dispatcher_untick        (ThrDispatcher  *self,
                                             ThrTick        *tick);
void           thr_dispatcher_attach        (ThrDispatcher  *self,
                                             GSource        *source);
void           thr_dispatcher_close         (ThrDispatcher  *self,
                                             ThrDispatcher  *heir);

/* For the build that checks rule 1 in all that it runs. */
#if THR_OWNER_CHECKS
#define thr_assert_owner(condition) g_assert (condition)
#else
#define thr_assert_owner(condition) ((void) 0)
#endif
#define thr_assert_home(dispatcher) thr_assert_owner (thr_dispatcher_is_home (dispatcher))

G_END_DECLS
