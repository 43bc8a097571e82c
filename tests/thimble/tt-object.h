/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A library to be called through introspection: what it takes and gives of each
 * type and in each way is generated, see generate.py; here is what these
 * functions are about, and what is no matter of a table. */

typedef enum
{
  TT_COLOUR_RED,
  TT_COLOUR_GREEN = 5,
  TT_COLOUR_BLUE = -7,
} TtColour;

typedef enum /*< flags >*/
{
  TT_SIDE_LEFT = 1 << 0,
  TT_SIDE_RIGHT = 1 << 1,
  TT_SIDE_TOP = 1 << 31,
} TtSide;

#define TT_TYPE_COLOUR (tt_colour_get_type ())
#define TT_TYPE_SIDE (tt_side_get_type ())
GType tt_colour_get_type (void);
GType tt_side_get_type   (void);

typedef struct
{
  int number;
} TtBox;

#define TT_TYPE_BOX (tt_box_get_type ())
GType  tt_box_get_type (void);
TtBox *tt_box_new      (int          number);
TtBox *tt_box_copy     (const TtBox *self);
void   tt_box_free     (TtBox       *self);

/* Without a GType. */
typedef struct
{
  int number;
} TtPlain;

#define TT_TYPE_THING (tt_thing_get_type ())
G_DECLARE_INTERFACE (TtThing, tt_thing, TT, THING, GObject)

struct _TtThingInterface
{
  GTypeInterface parent;
};

int        tt_thing_get_answer (TtThing *self);

#define TT_TYPE_OBJECT (tt_object_get_type ())
G_DECLARE_FINAL_TYPE (TtObject, tt_object, TT, OBJECT, GObject)

TtObject  *tt_object_new         (void);
guint      tt_object_get_n_calls (TtObject *self);

/* What the functions are called with, and give: three of each. */
TtObject  *tt_sample_object      (guint i);
GVariant  *tt_sample_variant     (guint i);
GBytes    *tt_sample_bytes       (guint i);
GDateTime *tt_sample_date_time   (guint i);
TtBox     *tt_sample_box         (guint i);
GError    *tt_sample_error       (guint i);
GParamSpec *tt_sample_param      (guint i);

/* For the generated functions, which, if they are lenient, take what they get. */
void       tt_set_lenient        (gboolean lenient);
gboolean   tt_is_lenient         (void);
void       tt_object_count       (TtObject *self);
gpointer   tt_object_keep        (TtObject      *self,
                                  gpointer       pointer,
                                  GDestroyNotify destroy);

/* What is no matter of a table. */
gboolean   tt_object_succeed     (TtObject *self,
                                  int       number,
                                  int      *next,
                                  GError  **error);
gboolean   tt_object_fail        (TtObject *self,
                                  GError  **error);
gboolean   tt_object_fail_silently (TtObject *self,
                                  GError  **error);
char      *tt_object_join        (TtObject      *self,
                                  const char    *first,
                                  GCancellable  *cancellable,
                                  const char    *second,
                                  const char    *third,
                                  GError       **error);
gboolean   tt_object_is_cancelled (TtObject     *self,
                                  GCancellable  *cancellable);
void       tt_object_progress    (TtObject      *self,
                                  GFileProgressCallback callback,
                                  gpointer       user_data);
void       tt_object_box_allocated (TtObject    *self,
                                  TtBox         *box);
void       tt_object_value_allocated (TtObject  *self,
                                  GValue        *value);
void       tt_object_value_in    (TtObject      *self,
                                  const GValue  *value,
                                  GType         *type);
GValue    *tt_object_value_return (TtObject     *self);
void       tt_object_two_arrays  (TtObject      *self,
                                  const int     *numbers,
                                  const char   **names,
                                  guint8         n);
void       tt_object_sum         (TtObject      *self,
                                  const int     *numbers,
                                  int            n_numbers,
                                  gint64        *sum);
guint8    *tt_object_get_zeros   (TtObject      *self,
                                  gsize          n);
void       tt_object_consume     (TtObject      *self);
GInitiallyUnowned *tt_object_make_floating (TtObject *self);
GInitiallyUnowned *tt_object_make_floating_full (TtObject *self);
GVariant  *tt_object_make_floating_variant (TtObject *self);
TtObject **tt_object_make_holes  (TtObject      *self);
GHashTable *tt_object_make_odd   (TtObject      *self);

/* Refused. */
void       tt_object_call_back   (TtObject      *self,
                                  GFunc          callback,
                                  gpointer       user_data);
void       tt_object_call_back_maybe (TtObject  *self,
                                  GFunc          callback,
                                  gpointer       user_data,
                                  int            number);
void       tt_object_work_async  (TtObject      *self,
                                  GCancellable  *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer       user_data);
void       tt_object_point       (TtObject      *self,
                                  gpointer       pointer);
gpointer   tt_object_get_pointer (TtObject      *self);
gsize      tt_object_read        (TtObject      *self,
                                  guint8        *buffer,
                                  gsize          count);
void       tt_object_plain       (TtObject      *self,
                                  TtPlain       *plain);
void       tt_object_nested      (TtObject      *self,
                                  GList         *lists);
void       tt_object_int_keys    (TtObject      *self,
                                  GHashTable    *table);
void       tt_object_closure     (TtObject      *self,
                                  GClosure      *closure);

G_END_DECLS
