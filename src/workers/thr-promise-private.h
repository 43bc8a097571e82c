/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "workers/thr-defer.h"

#include "base/thr-dispatcher-private.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* What a ThrDefer and its resolvers share, and what waits is held by: so that
 * neither keeps the other alive, and each may be dropped anywhere. */
typedef struct _ThrPromise ThrPromise;

typedef enum
{
  THR_PROMISE_PENDING,
  THR_PROMISE_RESOLVED,
  THR_PROMISE_REJECTED,
} ThrPromiseState;

struct _ThrPromise
{
  gint ref_count;
  ThrDispatcher *home; /* a reference: the result is freed there */

  /* Stored with release, under the lock, when the outcome is complete; loaded
   * with acquire. Changes once, and the outcome never after it. */
  _Atomic ThrPromiseState state;
  GValue value;
  GError *error;

  GMutex waits_lock;  /* guards what follows, and each change of state */
  ThrDefer *defer;    /* not a reference; NULL once settled or disposed of */
  guint n_resolvers;
  GQueue callers;     /* PromiseCall *, of get_async() */
  GSList *sleepers;   /* ThrWorker *, no references: they wait in get() */
};

ThrPromise      *thr_promise_new       (ThrDefer            *defer,
                                        ThrDispatcher       *home);
ThrPromise      *thr_promise_ref       (ThrPromise          *self);
void             thr_promise_unref     (gpointer             self);
gboolean         thr_promise_resolve   (ThrPromise          *self,
                                        const GValue        *value);
gboolean         thr_promise_reject    (ThrPromise          *self,
                                        const GError        *error);
void             thr_promise_add_resolver (ThrPromise       *self,
                                        ThrDefer            *defer);
void             thr_promise_forsake   (ThrPromise          *self,
                                        gboolean             defer_is_gone);
void             thr_promise_call      (ThrPromise          *self,
                                        ThrDefer            *defer,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
gboolean         thr_promise_wait      (ThrPromise          *self,
                                        gint64               timeout,
                                        GError             **error);

static inline ThrPromiseState
thr_promise_get_state (ThrPromise *self)
{
  return atomic_load_explicit (&self->state, memory_order_acquire);
}

G_END_DECLS
