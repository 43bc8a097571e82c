/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A row of the list of jobs. jobs-row.ui binds all that it shows to the job; here
 * is how it is put for people. */

#include "jobs-row.h"

#include <thr-glib/thr-glib.h>

struct _JobsRow
{
  GtkBox parent_instance;

  ThrThreadWrapper *job;
};

enum
{
  PROP_JOB = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (JobsRow, jobs_row, GTK_TYPE_BOX)

/* ---- what the row shows ---- */

typedef struct
{
  const char *icon;
  const char *name;
} State;

static const State *
find_state (ThrExecutionState state,
            ThrExecutionState finished_with,
            GError           *failure,
            gboolean          paused)
{
  static const State waiting = { "content-loading-symbolic", "Waiting" };
  static const State running = { "media-playback-start-symbolic", "Running" };
  static const State on_hold = { "media-playback-pause-symbolic", "Paused" };
  static const State done = { "object-select-symbolic", "Done" };
  static const State cancelled = { "process-stop-symbolic", "Cancelled" };
  static const State failed = { "dialog-warning-symbolic", "Failed" };

  if (finished_with == THR_EXECUTION_STATE_RETURNED)
    return &done;
  if (finished_with == THR_EXECUTION_STATE_EXCEPTION)
    return g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? &cancelled : &failed;
  if (paused)
    return &on_hold;
  return state == THR_EXECUTION_STATE_CREATED ? &waiting : &running;
}

static char *
state_icon (JobsRow          *self,
            ThrExecutionState state,
            ThrExecutionState finished_with,
            GError           *failure,
            gboolean          paused)
{
  return g_strdup (find_state (state, finished_with, failure, paused)->icon);
}

static char *
state_name (JobsRow          *self,
            ThrExecutionState state,
            ThrExecutionState finished_with,
            GError           *failure,
            gboolean          paused)
{
  return g_strdup (find_state (state, finished_with, failure, paused)->name);
}

/* A progress that is not known is -1, and a bar has nothing below 0. */
static double
fraction_of (JobsRow *self,
             double progress)
{
  return MAX (progress, 0);
}

static char *
time_left (JobsRow    *self,
           const char *fraction_text,
           gint64      remaining,
           gboolean    finished)
{
  gint64 seconds = (remaining + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

  if (finished)
    return NULL;
  if (remaining < 0)
    return g_strdup (fraction_text);
  if (seconds < 60)
    return g_strdup_printf ("%s, %d s left", fraction_text, (int) seconds);
  return g_strdup_printf ("%s, %d min left", fraction_text, (int) MIN ((seconds + 59) / 60, 999));
}

static gboolean
is_under_way (JobsRow *self,
              gboolean finished)
{
  return !finished;
}

static char *
what_it_says (JobsRow    *self,
              const char *message,
              GError     *failure)
{
  return g_strdup (failure != NULL ? failure->message : message);
}

static char *
pause_icon (JobsRow *self,
            gboolean paused)
{
  return g_strdup (paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
}

static char *
pause_name (JobsRow *self,
            gboolean paused)
{
  return g_strdup (paused ? "Resume" : "Pause");
}

/* ---- what its buttons do ---- */

static void
pause_clicked (GtkButton *button,
               JobsRow   *self)
{
  if (thr_thread_wrapper_get_paused (self->job))
    thr_thread_wrapper_resume (self->job);
  else
    thr_thread_wrapper_pause (self->job);
}

static void
cancel_clicked (GtkButton *button,
                JobsRow   *self)
{
  thr_thread_wrapper_cancel (self->job);
}

/* ---- the class ---- */

static void
jobs_row_dispose (GObject *object)
{
  g_clear_object (&JOBS_ROW (object)->job);
  G_OBJECT_CLASS (jobs_row_parent_class)->dispose (object);
}

static void
jobs_row_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  g_value_set_object (value, JOBS_ROW (object)->job);
}

static void
jobs_row_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  if (g_set_object (&JOBS_ROW (object)->job, g_value_get_object (value)))
    g_object_notify_by_pspec (object, pspec);
}

static void
jobs_row_class_init (JobsRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = jobs_row_dispose;
  object_class->get_property = jobs_row_get_property;
  object_class->set_property = jobs_row_set_property;

  props[PROP_JOB] =
    g_param_spec_object ("job", NULL, NULL, THR_TYPE_THREAD_WRAPPER,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/example/jobs/jobs-row.ui");
  gtk_widget_class_bind_template_callback (widget_class, state_icon);
  gtk_widget_class_bind_template_callback (widget_class, state_name);
  gtk_widget_class_bind_template_callback (widget_class, fraction_of);
  gtk_widget_class_bind_template_callback (widget_class, time_left);
  gtk_widget_class_bind_template_callback (widget_class, is_under_way);
  gtk_widget_class_bind_template_callback (widget_class, what_it_says);
  gtk_widget_class_bind_template_callback (widget_class, pause_icon);
  gtk_widget_class_bind_template_callback (widget_class, pause_name);
  gtk_widget_class_bind_template_callback (widget_class, pause_clicked);
  gtk_widget_class_bind_template_callback (widget_class, cancel_clicked);
}

static void
jobs_row_init (JobsRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
