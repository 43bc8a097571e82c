/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>
#include <stdatomic.h>

#include "base/thr-dispatcher-private.h"

G_BEGIN_DECLS

/* What an object needs to keep to its owner context (rule 1): it stands right
 * behind the parent instance of each class that does. */
typedef struct
{
  ThrDispatcher *dispatcher; /* a reference, from init to finalize */
  ThrNode node;              /* the object's only way into the inbox */
  _Atomic guint8 leaving;    /* see thr-home.c */

  /* The rest of the word is the jobs', see thr-job-private.h: a million of them
   * may be queued, and eight bytes more each make it sixty. */
  _Atomic guint8 control; /* what is asked of the function */
  guint8 announced;       /* the ThrExecutionState; home's alone, as the next */
  guint8 stepping : 1;    /* thr_job_deliver() is on the stack … */
  guint8 redeliver : 1;   /* … and was called once more inside */
  guint8 closing : 1;     /* is CLOSED, and in a batch of thr_core_job_closed() */
  guint8 heard : 1;       /* a signal handler is connected, see thr_job_listen() */
  guint8 told_ending : 1; /* that it can be paused and cancelled no more */
  _Atomic guint flags;    /* what there is to deliver */
} ThrHome;

#define THR_HOME_OF(object) ((ThrHome *) ((guint8 *) (object) + sizeof (GObject)))
#define THR_OBJECT_OF(home) ((gpointer) ((guint8 *) (home) - sizeof (GObject)))

/* For init and finalize. */
void     thr_home_init    (ThrHome       *self,
                           ThrDispatcher *dispatcher);
void     thr_home_clear   (ThrHome       *self);

/* First in dispose: TRUE at home; else the object is on its way there, and
 * dispose returns without chaining up. */
gboolean thr_home_dispose (ThrHome       *self);

/* In class_init. */
void     thr_home_class_init (GObjectClass *klass);

/* At home: announces properties, whatever may be frozen. */
void     thr_home_emit    (ThrHome       *self,
                           guint          n_pspecs,
                           GParamSpec   **pspecs);

G_END_DECLS
