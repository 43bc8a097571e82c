/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where threads wait until a word of some object changes. A mutex and a
 * condition an object would cost more than most objects ever wait, so objects
 * share a fixed number of spots, by address. Who waits rechecks its word each
 * time it wakes; who changes the word changes it first and then wakes.
 *
 * A spot also guards the rarely touched fields of the objects that hash to it.
 * Two spots are never locked at once. */
typedef struct
{
  GMutex lock;
  GCond changed;
} ThrSpot;

ThrSpot *thr_parking_spot     (gconstpointer object);
void     thr_spot_wake        (ThrSpot      *spot);
void     thr_parking_wake_all (void);

/* With the spot locked; -1 is no deadline. FALSE once the deadline is over. */
gboolean thr_spot_wait        (ThrSpot      *spot,
                               gint64        deadline);

/* In microseconds: how long a thread that found nothing to do looks on, since to
 * sleep and to be woken costs more than most waits, and how much of that it
 * keeps its processor busy with. */
#define THR_LONGEST_LOOK 50
#define THR_BUSY_LOOK 5

/* Looks, without a lock, whether there is something: first busily, unless @busy
 * is 0, then letting others have the processor in between. FALSE at @end. */
gboolean thr_look_on          (gboolean    (*is_there) (gpointer data),
                               gpointer      data,
                               gint64        busy,
                               gint64        end);

/* A time-out in microseconds as a monotonic time, or -1 for none. */
gint64   thr_deadline         (gint64        timeout);
gboolean thr_deadline_is_over (gint64        deadline);
/* The deadline, or sooner: when the interval is over, if it is not -1. */
gint64   thr_deadline_within  (gint64        deadline,
                               gint64        interval);

/* FALSE with THR_ERROR_INVALID_ARGUMENT where the time-out is negative. */
gboolean thr_timeout_check    (gint64        timeout,
                               GError      **error);

/* Ends a wait whose cancellable was cancelled, also where it was reset since. */
void     thr_task_return_cancelled (GTask   *task);

G_END_DECLS
