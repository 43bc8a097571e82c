/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-fork-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* The threads of all managers come from one GThreadPool, to which a thread
 * returns when its manager has no more for it, and in which it lingers. What
 * the pool carries are tickets, not jobs: to hand each job to it would cost
 * several times what the job does. */

/* How many threads a manager look on at a time. A second one costs little, since
 * it gives its processor to whoever has use for it, and saves that it is sent
 * back to the pool and called again for each few short jobs. But on a single
 * processor the two would only give it to each other. */
static guint
most_looking (void)
{
  static _Atomic guint most;
  guint n = atomic_load_explicit (&most, memory_order_relaxed);

  if (n == 0)
    {
      n = MIN (g_get_num_processors (), 2);
      atomic_store_explicit (&most, n, memory_order_relaxed);
    }
  return n;
}

static void
pool_run (gpointer data,
          gpointer user_data)
{
  ThrTicket *ticket = data;

  ticket->run (ticket);
}

/* The pool, for ever once it is made. */
static GThreadPool *_Atomic the_pool;
static GMutex pool_lock;  /* guards who makes it, and: */
static GSList *early;     /* tickets that came when it could not be made */

/* From GLib 2.76 on a pool has a thread from the beginning, without which there is
 * no pool. The ticket waits for the next attempt then. */
static GThreadPool *
make_pool (ThrTicket *ticket)
{
  GThreadPool *pool;

  g_mutex_lock (&pool_lock);
  pool = atomic_load_explicit (&the_pool, memory_order_relaxed);
  if (pool == NULL)
    {
      thr_fork_watch ();
      pool = g_thread_pool_new (pool_run, NULL, -1, FALSE, NULL);
      if (pool == NULL)
        early = g_slist_prepend (early, ticket);
      for (; pool != NULL && early != NULL; early = g_slist_delete_link (early, early))
        g_thread_pool_push (pool, early->data, NULL);
      /* Publishes the pool. */
      atomic_store_explicit (&the_pool, pool, memory_order_release);
    }
  g_mutex_unlock (&pool_lock);
  return pool;
}

/* FALSE where no thread could be had and there is none at all, so that nobody
 * will take the ticket until one can. */
gboolean
thr_pool_push (ThrTicket *ticket)
{
  GThreadPool *pool = atomic_load_explicit (&the_pool, memory_order_acquire);

  /* What was queued before belongs to the process that was forked. */
  if (thr_is_fork)
    return TRUE;
  if (pool == NULL)
    pool = make_pool (ticket);
  if (pool == NULL)
    return FALSE;
  return g_thread_pool_push (pool, ticket, NULL) || g_thread_pool_get_num_threads (pool) > 0;
}

/* There is no thread to run what is queued: it fails. The ticket stays with the
 * pool, which serves it once it can start a thread: for a later job. */
static void
strand (ThrCore *self)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  ThrItem *item;

  thr_core_lock (self);
  self->n_stranded++;
  self->n_threads--;
  self->n_searching--;
  while ((item = thr_queue_peek (&self->ready)) != NULL ||
         (self->watching && (item = thr_queue_peek (&self->held)) != NULL))
    {
      thr_core_withdraw_locked (self, item);
      g_ptr_array_add (items, item);
    }
  thr_core_unlock (self);

  for (guint i = 0; i < items->len; i++)
    thr_core_fail_item (self, items->pdata[i],
                        g_error_new_literal (THR_ERROR, THR_ERROR_NO_RESOURCES,
                                             _("The system has no thread left to run the job: "
                                               "lower the thread limit or try again later")));
}

/* For a thread that was counted by thr_core_wants_thread_locked(). */
void
thr_core_start_thread (ThrCore *self)
{
  thr_core_ref (self);
  if (!thr_pool_push (&self->ticket))
    strand (self);
}

static gboolean
has_job (gpointer data)
{
  ThrCore *self = data;

  return thr_core_has_incoming (self) ||
         atomic_load_explicit (&self->has_runnable, memory_order_relaxed);
}

/* Looks a while longer for a job, with the lock given up: to sleep and to be
 * woken costs more than most waits. */
static ThrItem *
search_locked (ThrCore  *self,
               gboolean *searching,
               gboolean *post)
{
  gboolean has_run = !*searching, first;
  ThrItem *item;
  gint64 end;

  if (self->n_looking >= most_looking ())
    return NULL;
  first = self->n_looking++ == 0;
  if (!*searching)
    self->n_searching++;
  *searching = TRUE;
  thr_core_set_open_locked (self);

  end = g_get_monotonic_time () + THR_LONGEST_LOOK;
  do
    {
      g_mutex_unlock (&self->queue_lock);
      /* Home may have been woken on this processor, by the end of a job. */
      if (has_run)
        g_thread_yield ();
      has_run = FALSE;
      thr_look_on (has_job, self, first ? THR_BUSY_LOOK : 0, end);
      thr_core_lock (self);
      item = thr_core_take_locked (self, post);
    }
  while (item == NULL && g_get_monotonic_time () < end);
  self->n_looking--;
  return item;
}

/* FALSE where a job has come at the last moment, with nobody else to take it. */
static gboolean
retire_locked (ThrCore  *self,
               gboolean *searching)
{
  if (*searching)
    self->n_searching--;
  self->n_threads--;
  if (!thr_core_set_open_locked (self))
    return TRUE;

  self->n_threads++;
  self->n_searching++;
  *searching = TRUE;
  return FALSE;
}

static void
run_item (ThrItem *item)
{
  if (item->kind == THR_JOB_LIGHT)
    thr_light_job_run (item);
  else
    thr_job_run (thr_item_get_job (item));
}

/* What a pool thread does for a manager: it runs jobs until there are none.
 *
 * One round of the lock a job: it takes the next one as it enters the end of
 * the one before in the books, and announces that end after it. Whoever hears
 * of it finds the books in order. */
void
thr_core_serve (ThrTicket *ticket)
{
  ThrCore *self = (ThrCore *) ((guint8 *) ticket - G_STRUCT_OFFSET (ThrCore, ticket));
  gboolean searching = TRUE;
  ThrItem *ended = NULL;

  thr_core_lock (self);
  if (self->n_stranded > 0)
    {
      self->n_stranded--;
      self->n_threads++;
      self->n_searching++;
    }
  for (;;)
    {
      gboolean more = FALSE, post = FALSE, changed = searching;
      ThrItem *item = NULL, *light = NULL;
      ThrEnd end = { NULL, NULL };

      if (ended != NULL)
        {
          if (ended->kind == THR_JOB_LIGHT)
            light = ended;
          end = thr_core_end_item_locked (self, ended);
          thr_core_changed_locked (self, &post);
        }
      if (self->n_threads <= self->limit)
        {
          item = thr_core_take_locked (self, &post);
          if (item == NULL && ended == NULL)
            item = search_locked (self, &searching, &post);
        }
      if (item == NULL && ended == NULL)
        {
          if (retire_locked (self, &searching))
            break;
          continue;
        }
      if (item != NULL)
        {
          if (searching)
            self->n_searching--;
          changed = changed || searching;
          searching = FALSE;
          more = thr_core_wants_thread_locked (self);
        }
      if (changed || more || post)
        {
          while (thr_core_set_open_locked (self))
            more = more || thr_core_wants_thread_locked (self);
        }
      g_mutex_unlock (&self->queue_lock);

      if (light != NULL)
        thr_light_job_post (light);
      else
        thr_job_announce_end (&end);
      if (more)
        thr_core_start_thread (self);
      thr_core_post (self, post);
      if (item != NULL)
        run_item (item);
      ended = item;
      thr_core_lock (self);
    }
  g_mutex_unlock (&self->queue_lock);
  thr_core_unref (self);
}
