/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job found out about a file. It is made in the job's thread, and never
 * changes. */

#include "jobs-result.h"

struct _JobsResult
{
  GObject parent_instance;

  char *name;
  char *text;
  GdkPaintable *picture;
};

enum
{
  PROP_NAME = 1,
  PROP_TEXT,
  PROP_PICTURE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (JobsResult, jobs_result, G_TYPE_OBJECT)

static void
jobs_result_finalize (GObject *object)
{
  JobsResult *self = JOBS_RESULT (object);

  g_free (self->name);
  g_free (self->text);
  g_clear_object (&self->picture);
  G_OBJECT_CLASS (jobs_result_parent_class)->finalize (object);
}

static void
jobs_result_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  JobsResult *self = JOBS_RESULT (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_PICTURE:
      g_value_set_object (value, self->picture);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
jobs_result_class_init (JobsResultClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = jobs_result_finalize;
  object_class->get_property = jobs_result_get_property;

  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, flags);
  props[PROP_PICTURE] = g_param_spec_object ("picture", NULL, NULL, GDK_TYPE_PAINTABLE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
jobs_result_init (JobsResult *self)
{
}

JobsResult *
jobs_result_new (const char   *name,
                 const char   *text,
                 GdkPaintable *picture)
{
  JobsResult *self = g_object_new (JOBS_TYPE_RESULT, NULL);

  self->name = g_strdup (name);
  self->text = g_strdup (text);
  g_set_object (&self->picture, picture);
  return self;
}

const char *
jobs_result_get_name (JobsResult *self)
{
  return self->name;
}

const char *
jobs_result_get_text (JobsResult *self)
{
  return self->text;
}
