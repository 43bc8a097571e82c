/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-job-people-private.h"

#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"
#include "threads/thr-core-private.h"
#include "threads/thr-estimate-private.h"

/* What people want to know of a job, in the form in which they are shown it.
 *
 * What moves by itself, or with the progress, is announced by a timer that runs
 * only while the job does and somebody listens. The timers of all jobs go off
 * together, so that a window full of them wakes the program no more often than
 * one. */

/* In microseconds: how often a text is changed at the most, or it cannot be
 * read. */
#define TELLING_INTERVAL (G_USEC_PER_SEC / 4)

struct _ThrJobPeople
{
  /* Guarded by the job's spot. */
  gint64 paused_since; /* 0 while it is not */
  gint64 paused_for;   /* before */
  ThrEstimate estimate;

  _Atomic gint64 looked_at; /* when somebody last read what moves; relaxed */

  /* Home's. */
  GSource *timer;      /* NULL while nobody listens */
  gint64 told_at;
  gint64 told_elapsed;
  gint64 told_remaining;
  int told_percent;
};

/* Made by whoever needs it first; the exchange publishes it. */
static ThrJobPeople *
get_people (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_extra (self);
  ThrJobPeople *people = atomic_load (&extra->people);
  ThrJobPeople *made;

  if (people != NULL)
    return people;
  made = g_new0 (ThrJobPeople, 1);
  made->estimate = (ThrEstimate) THR_ESTIMATE_INIT;
  made->told_remaining = -1;
  made->told_percent = -1;
  if (atomic_compare_exchange_strong (&extra->people, &people, made))
    return made;
  g_free (made);
  return people;
}

static ThrJobPeople *
peek_people (ThrThreadWrapper *self)
{
  ThrJobExtra *extra = thr_job_peek_extra (self);

  return extra != NULL ? atomic_load (&extra->people) : NULL;
}

/* ---- what moves ---- */

/* Whole percents, and never 100 before all is done. */
static int
get_percent (ThrThreadWrapper *self)
{
  double progress = thr_thread_wrapper_get_progress (self);

  if (progress < 0.0)
    return -1;
  /* 0.29 times 100 is a little less than 29. */
  return progress < 1.0 ? MIN ((int) (progress * 100.0 + 1e-6), 99) : 100;
}

/* Brings the books of the pauses up to date with what is asked of the job, by
 * whoever asked it last; with the spot locked. */
static void
count_pauses_locked (ThrThreadWrapper *self,
                     ThrJobPeople     *people,
                     gint64            now)
{
  gboolean paused = thr_thread_wrapper_get_paused (self);

  if (paused && people->paused_since == 0)
    people->paused_since = now;
  else if (!paused && people->paused_since != 0)
    {
      gint64 since = MAX (people->paused_since, thr_thread_wrapper_get_started_at (self));

      if (thr_thread_wrapper_get_started_at (self) != 0)
        people->paused_for += MAX (now - since, 0);
      people->paused_since = 0;
    }
}

/* From any thread, after the job was paused or resumed. */
void
thr_job_people_paused (ThrThreadWrapper *self)
{
  ThrJobPeople *people = get_people (self);
  ThrSpot *spot = thr_parking_spot (self);

  g_mutex_lock (&spot->lock);
  count_pauses_locked (self, people, g_get_monotonic_time ());
  g_mutex_unlock (&spot->lock);
}

static gint64
estimate_remaining (ThrThreadWrapper *self)
{
  gint64 started_at = thr_thread_wrapper_get_started_at (self);
  ThrJobPeople *people = get_people (self);
  ThrSpot *spot = thr_parking_spot (self);
  double progress = thr_thread_wrapper_get_progress (self);
  gint64 now = g_get_monotonic_time ();
  double remaining = -1.0;

  if (atomic_load (&self->home.flags) & THR_JOB_DONE)
    return 0;
  if (started_at == 0)
    return -1;

  g_mutex_lock (&spot->lock);
  count_pauses_locked (self, people, now);
  if (people->paused_since == 0)
    remaining = thr_estimate_update (&people->estimate,
                                     (now - started_at - people->paused_for) / (double) G_USEC_PER_SEC,
                                     progress);
  g_mutex_unlock (&spot->lock);
  return remaining < 0.0 ? -1 : (gint64) (remaining * G_USEC_PER_SEC);
}

/* Whether anybody wants to hear of what moves. */
static gboolean
is_heard (ThrThreadWrapper *self)
{
  guint notify_id;

  if (!self->home.heard)
    return FALSE;
  notify_id = g_signal_lookup ("notify", G_TYPE_OBJECT);
  for (guint i = 0; i <= THR_N_MOVING_PROPS; i++)
    {
      /* A handler of any notify is one of these, too. */
      GQuark detail = i < THR_N_MOVING_PROPS ? g_param_spec_get_name_quark (thr_job_people_props[i]) : 0;

      if (g_signal_handler_find (self,
                                 G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DETAIL | G_SIGNAL_MATCH_UNBLOCKED,
                                 notify_id, detail, NULL, NULL, NULL) != 0)
        return TRUE;
    }
  return FALSE;
}

/* Announces of the properties that move those that did. */
static void
tell (ThrThreadWrapper *self,
      ThrJobPeople     *people)
{
  GParamSpec *changed[THR_N_MOVING_PROPS];
  guint n_changed = 0;
  int percent = get_percent (self);
  gint64 elapsed = thr_thread_wrapper_get_elapsed (self);
  gint64 remaining = estimate_remaining (self);

  if (percent != people->told_percent)
    changed[n_changed++] = thr_job_people_props[THR_PROP_FRACTION_TEXT];
  if (elapsed != people->told_elapsed)
    changed[n_changed++] = thr_job_people_props[THR_PROP_ELAPSED];
  if (remaining != people->told_remaining)
    changed[n_changed++] = thr_job_people_props[THR_PROP_REMAINING];
  people->told_at = g_get_monotonic_time ();
  people->told_percent = percent;
  people->told_elapsed = elapsed;
  people->told_remaining = remaining;
  if (n_changed > 0 && self->home.heard)
    thr_home_emit (&self->home, n_changed, changed);
}

/* ---- the timer ---- */

typedef struct
{
  GSource source;
  ThrThreadWrapper *job; /* in flight as long as the timer runs */
} Timer;

static void
stop_timer (ThrJobPeople *people)
{
  if (people->timer == NULL)
    return;
  g_source_destroy (people->timer);
  g_clear_pointer (&people->timer, g_source_unref);
}

/* All timers go off at the same moments. */
static void
wind_up (GSource *timer)
{
  gint64 now = g_get_monotonic_time ();

  g_source_set_ready_time (timer, now - now % TELLING_INTERVAL + TELLING_INTERVAL);
}

static void
go_off (ThrThreadWrapper *self)
{
  ThrJobPeople *people = peek_people (self);

  thr_job_listen (self);
  if (is_heard (self))
    tell (self, people);
  else
    stop_timer (people);
}

static gboolean
timer_dispatch (GSource    *source,
                GSourceFunc callback,
                gpointer    user_data)
{
  ThrThreadWrapper *self = ((Timer *) source)->job;

  wind_up (source);
  /* In a main loop that a handler of the job runs, the next time does. */
  if (!self->home.stepping)
    thr_job_step_through (self, go_off);
  return G_SOURCE_CONTINUE;
}

/* At home, within a delivery of the job that is running: sees to it that who
 * listens is told. */
void
thr_job_people_look (ThrThreadWrapper *self)
{
  static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };
  ThrJobPeople *people = peek_people (self);

  if (self->home.announced != THR_EXECUTION_STATE_RUNNING || !self->home.heard)
    return;
  if (people != NULL && people->timer != NULL)
    {
      /* A wait that blocks runs no timers, but delivers. */
      if (g_get_monotonic_time () - people->told_at > TELLING_INTERVAL)
        tell (self, people);
      return;
    }
  if (!is_heard (self))
    return;

  people = get_people (self);
  people->timer = g_source_new (&timer_funcs, sizeof (Timer));
  ((Timer *) people->timer)->job = self;
  g_source_set_static_name (people->timer, "[thr-glib] what people see of a job");
  thr_dispatcher_attach (self->home.dispatcher, people->timer);
  wind_up (people->timer);
  tell (self, people);
}

/* At home: the job has ended, and this is the last that is told. */
void
thr_job_people_end (ThrThreadWrapper *self)
{
  ThrJobPeople *people = peek_people (self);

  thr_job_people_emit (self, THR_JOB_ASKED);
  if (people == NULL)
    {
      gboolean began = thr_thread_wrapper_get_started_at (self) != 0;

      /* Whoever was there when it began was seen then. */
      if (began || !is_heard (self))
        return;
      people = get_people (self);
    }
  stop_timer (people);
  tell (self, people);
}

/* At home: nothing more is told, whether or not the job has ended. */
void
thr_job_people_stop (ThrJobExtra *extra)
{
  ThrJobPeople *people = atomic_load (&extra->people);

  if (people != NULL)
    stop_timer (people);
}

void
thr_job_people_free (ThrJobExtra *extra)
{
  ThrJobPeople *people = atomic_load (&extra->people);

  if (people == NULL)
    return;
  stop_timer (people);
  g_free (people);
}

/* Who reads what moves may be about to listen, or have begun to. */
static void
note_reader (ThrThreadWrapper *self)
{
  ThrJobPeople *people;
  gint64 now;

  if ((atomic_load (&self->home.flags) & (THR_JOB_FLYING | THR_JOB_DONE)) != THR_JOB_FLYING ||
      !thr_dispatcher_is_home (self->home.dispatcher))
    return;
  people = get_people (self);
  now = g_get_monotonic_time ();
  if (people->timer != NULL ||
      now - atomic_load_explicit (&people->looked_at, memory_order_relaxed) < TELLING_INTERVAL)
    return;
  atomic_store_explicit (&people->looked_at, now, memory_order_relaxed);
  thr_job_mark (self, THR_JOB_LOOK);
}

/* ---- public ---- */

/**
 * thr_thread_wrapper_dup_fraction_text: (get-property fraction-text)
 * @self: a job
 *
 * How much of the job is done, in the language of the user.
 *
 * Returns: (transfer full): whole percents, rounded down, as “42 %”; the empty
 *   string while that is unknown
 *
 * Since: 1.0
 */
char *
thr_thread_wrapper_dup_fraction_text (ThrThreadWrapper *self)
{
  int percent;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), NULL);

  note_reader (self);
  percent = get_percent (self);
  /* Translators: how much of something is done, as a progress bar shows it. */
  return percent < 0 ? g_strdup ("") : g_strdup_printf (_("%d %%"), percent);
}

/**
 * thr_thread_wrapper_get_elapsed: (get-property elapsed)
 * @self: a job
 *
 * How long the job has been running, or ran, pauses included.
 *
 * Returns: microseconds; 0 where it was not begun
 *
 * Since: 1.0
 */
gint64
thr_thread_wrapper_get_elapsed (ThrThreadWrapper *self)
{
  gint64 started_at, ended_at;

  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), 0);

  note_reader (self);
  started_at = thr_thread_wrapper_get_started_at (self);
  if (started_at == 0)
    return 0;
  ended_at = thr_thread_wrapper_get_ended_at (self);
  return (ended_at != 0 ? ended_at : g_get_monotonic_time ()) - started_at;
}

/**
 * thr_thread_wrapper_get_remaining: (get-property remaining)
 * @self: a job
 *
 * How much longer the job will run, as far as can be told: see
 * [property@Thr.ThreadWrapper:remaining].
 *
 * Returns: microseconds; −1 while that is unknown, and 0 once the job has ended
 *
 * Since: 1.0
 */
gint64
thr_thread_wrapper_get_remaining (ThrThreadWrapper *self)
{
  g_return_val_if_fail (THR_IS_THREAD_WRAPPER (self), -1);

  note_reader (self);
  return estimate_remaining (self);
}
