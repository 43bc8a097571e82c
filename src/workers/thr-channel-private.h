/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "workers/thr-channel.h"

#include "base/thr-dispatcher-private.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* One publication for all who subscribe by function: one allocation, with a
 * link for each of the queues that it is put into. */
typedef struct _ThrPublication ThrPublication;
typedef struct _ThrLink ThrLink;
typedef struct _ThrGroup ThrGroup;
typedef struct _ThrChannelCore ThrChannelCore;

struct _ThrLink
{
  ThrLink *next;
  ThrPublication *publication;
};

struct _ThrPublication
{
  gint ref_count; /* one a link, one the publisher's */
  ThrEvent *event;
  ThrLink links[];
};

/* The subscriptions of one channel in one context: they share a queue, so that
 * a hundred of them cost a publisher no more than one. One that blocks its
 * publishers has a group of its own. */
struct _ThrGroup
{
  ThrNode node; /* in the inbox while `posted`, and holds a reference then */
  gint ref_count;
  ThrDispatcher *home; /* a reference: where the functions are called */
  gboolean blocks;
  GList link; /* in the list of all groups, see thr_channels_leave() */

  GMutex queue_lock; /* guards what follows, to the next empty line */
  GCond room;        /* of one that blocks: the queue has become shorter */
  ThrLink *first;
  ThrLink **last;
  guint64 n_put;     /* publications so far: the number of the newest */
  guint n_queued;
  guint bound;       /* longer the queue is never useful; 0 = there is none */
  GPtrArray *roster; /* ThrSubscription *; replaced as a whole, never changed */
  gboolean posted;
  gboolean telling;  /* the same as current != NULL, or still to be looked at */
  gboolean closing;  /* the channel is gone: what is queued is the last */
  guint n_blocked;

  /* Home's alone. The publication that is being told and who has heard it stand
   * here and not on the stack, so that a main loop inside one of the functions
   * goes on from there. */
  ThrLink *current;
  GPtrArray *audience;
  guint n_told;
};

struct _ThrSubscription
{
  gint ref_count;
  ThrGroup *group;      /* a reference */
  ThrChannelCore *core; /* a reference */
  ThrOverflow overflow;
  guint capacity; /* 0 = no bound */
  ThrSubscriptionFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  /* Cleared once; relaxed, since on other threads than home a call that is
   * about to begin cannot be held back anyway. */
  _Atomic gboolean active;

  guint64 n_seen;       /* with queue_lock: publications told or dropped … */
  guint64 n_dropped;    /* … and those of them that were dropped … */
  guint64 n_refused;    /* … and those that never came into the queue */
  gboolean hears;       /* home's: the one that is being told */
};

/* What a channel and its subscriptions share, since neither keeps the other. */
struct _ThrChannelCore
{
  gint ref_count;
  GMutex members_lock; /* guards the rest; taken before a queue_lock */
  GPtrArray *groups;   /* ThrGroup *, references */
  GPtrArray *workers;  /* ThrWorker *, no references; see thr-channel.c */
  gboolean closed;
};

ThrChannelCore  *thr_channel_core_ref    (ThrChannelCore      *self);
void             thr_channel_core_unref  (ThrChannelCore      *self);
void             thr_channel_core_drop_group (ThrChannelCore  *self,
                                          ThrGroup            *group);

ThrPublication  *thr_publication_new     (ThrEvent            *event,
                                          guint                n_links);
void             thr_publication_unref   (ThrPublication      *self);
void             thr_links_free          (ThrLink             *link);

/* thr-channel-group.c */
ThrGroup        *thr_group_new           (ThrDispatcher       *home,
                                          gboolean             blocks);
ThrGroup        *thr_group_ref           (ThrGroup            *self);
void             thr_group_unref         (ThrGroup            *self);
GPtrArray       *thr_group_add           (ThrGroup            *self,
                                          ThrSubscription     *subscription);
gboolean         thr_group_remove        (ThrGroup            *self,
                                          ThrSubscription     *subscription,
                                          GPtrArray          **before,
                                          ThrLink            **rest);
void             thr_group_close         (ThrGroup            *self);
gboolean         thr_group_put           (ThrGroup            *self,
                                          ThrLink             *link,
                                          ThrLink            **surplus);
/* On the thread of a context that is about to go: ends what subscribes there. */
void             thr_channels_leave      (ThrDispatcher       *home);
gboolean         thr_group_put_waiting   (ThrGroup            *self,
                                          ThrLink             *link,
                                          gint64               deadline,
                                          GError             **error);

/* How many publications wait for it. The newest are kept, so what is left out
 * are the oldest. */
static inline guint64
thr_subscription_n_pending_locked (ThrSubscription *self)
{
  guint64 n = self->group->n_put - self->n_seen;

  return self->capacity > 0 ? MIN (n, self->capacity) : n;
}

ThrSubscription *thr_subscription_new    (ThrChannelCore      *core,
                                          ThrGroup            *group,
                                          ThrOverflow          overflow,
                                          guint                capacity,
                                          ThrSubscriptionFunc  func,
                                          gpointer             user_data,
                                          GDestroyNotify       destroy);

G_END_DECLS
