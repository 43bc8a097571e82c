/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

#include <float.h>
#include <math.h>

/* A number of a GValue: in one of three ways. */
typedef struct
{
  enum
  {
    SIGNED,
    UNSIGNED,
    REAL,
  } kind;
  gint64 i;
  guint64 u;
  double d;
} Number;

static gboolean
read_number (const GValue *value,
             Number       *number)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_CHAR:
      number->i = g_value_get_schar (value);
      break;
    case G_TYPE_INT:
      number->i = g_value_get_int (value);
      break;
    case G_TYPE_LONG:
      number->i = g_value_get_long (value);
      break;
    case G_TYPE_INT64:
      number->i = g_value_get_int64 (value);
      break;
    case G_TYPE_ENUM:
      number->i = g_value_get_enum (value);
      break;
    case G_TYPE_UCHAR:
      number->kind = UNSIGNED;
      number->u = g_value_get_uchar (value);
      return TRUE;
    case G_TYPE_UINT:
      number->kind = UNSIGNED;
      number->u = g_value_get_uint (value);
      return TRUE;
    case G_TYPE_ULONG:
      number->kind = UNSIGNED;
      number->u = g_value_get_ulong (value);
      return TRUE;
    case G_TYPE_UINT64:
      number->kind = UNSIGNED;
      number->u = g_value_get_uint64 (value);
      return TRUE;
    case G_TYPE_FLAGS:
      number->kind = UNSIGNED;
      number->u = g_value_get_flags (value);
      return TRUE;
    case G_TYPE_FLOAT:
      number->kind = REAL;
      number->d = g_value_get_float (value);
      return TRUE;
    case G_TYPE_DOUBLE:
      number->kind = REAL;
      number->d = g_value_get_double (value);
      return TRUE;
    default:
      return FALSE;
    }
  number->kind = SIGNED;

  return TRUE;
}

static char *
number_text (const Number *number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  switch (number->kind)
    {
    case SIGNED:
      return g_strdup_printf ("%" G_GINT64_FORMAT, number->i);
    case UNSIGNED:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, number->u);
    case REAL:
    default:
      return g_strdup (g_ascii_dtostr (text, sizeof text, number->d));
    }
}

static gboolean
out_of_range (const ThrType *type,
              const Number  *number,
              gint64         low,
              guint64        high,
              char         **problem)
{
  g_autofree char *text = number_text (number);

  *problem = g_strdup_printf (_("%s is wanted, which is from %" PRId64 " to %" PRIu64 ", and %s was given"),
                              type->name, low, high, text);
  return FALSE;
}

/* 2⁶³ and 2⁶⁴, the first doubles that do not fit any more. */
#define TWO_63 9223372036854775808.0
#define TWO_64 18446744073709551616.0

/* A whole number from LOW to HIGH, as the 64 bits that are passed on. */
gboolean
thr_convert_whole (const ThrType *type,
                   const GValue *value,
                   gint64 low,
                   guint64 high,
                   guint64 *result,
                   char **problem)
{
  Number number;
  Number whole;

  if (!read_number (value, &number))
    return thr_wrong_type (type, value, problem);

  whole = number;
  if (number.kind == REAL)
    {
      if (!isfinite (number.d) || number.d != floor (number.d))
        {
          g_autofree char *text = number_text (&number);

          *problem = g_strdup_printf (_("%s is wanted, and %s is no whole number"), type->name, text);
          return FALSE;
        }
      if (number.d < -TWO_63 || number.d >= TWO_64)
        return out_of_range (type, &number, low, high, problem);
      if (number.d < 0)
        {
          whole.kind = SIGNED;
          whole.i = (gint64) number.d;
        }
      else
        {
          whole.kind = UNSIGNED;
          whole.u = (guint64) number.d;
        }
    }

  if (whole.kind == SIGNED && whole.i < 0)
    {
      if (whole.i < low)
        return out_of_range (type, &number, low, high, problem);
      *result = (guint64) whole.i;
      return TRUE;
    }
  *result = whole.kind == SIGNED ? (guint64) whole.i : whole.u;
  if (*result > high)
    return out_of_range (type, &number, low, high, problem);

  return TRUE;
}

gboolean
thr_convert_integer (const ThrType *type,
                     const GValue *value,
                     GIArgument *result,
                     char **problem)
{
  guint64 whole = 0;

#define CASE(KIND, low, high, member, ctype)                                 \
  case KIND:                                                                 \
    if (!thr_convert_whole (type, value, low, high, &whole, problem))            \
      return FALSE;                                                          \
    result->member = (ctype) whole;                                          \
    return TRUE

  switch (type->kind)
    {
      CASE (THR_KIND_INT8, G_MININT8, G_MAXINT8, v_int8, gint8);
      CASE (THR_KIND_UINT8, 0, G_MAXUINT8, v_uint8, guint8);
      CASE (THR_KIND_INT16, G_MININT16, G_MAXINT16, v_int16, gint16);
      CASE (THR_KIND_UINT16, 0, G_MAXUINT16, v_uint16, guint16);
      CASE (THR_KIND_INT32, G_MININT32, G_MAXINT32, v_int32, gint32);
      CASE (THR_KIND_UINT32, 0, G_MAXUINT32, v_uint32, guint32);
      CASE (THR_KIND_INT64, G_MININT64, G_MAXINT64, v_int64, gint64);
      CASE (THR_KIND_UINT64, 0, G_MAXUINT64, v_uint64, guint64);
    case THR_KIND_VOID:
    default:
      return thr_wrong_type (type, value, problem);
    }
#undef CASE
}

/* A whole number so large that a double has none like it is refused; a fraction
 * is rounded, as it is everywhere. */
gboolean
thr_convert_real (const ThrType *type,
                  const GValue *value,
                  double *result,
                  char **problem)
{
  const double limit = type->kind == THR_KIND_FLOAT ? 16777216.0 : 9007199254740992.0;
  Number number;

  if (!read_number (value, &number))
    return thr_wrong_type (type, value, problem);

  if (number.kind == REAL)
    {
      *result = number.d;
      if (type->kind != THR_KIND_FLOAT || !isfinite (number.d) || fabs (number.d) <= FLT_MAX)
        return TRUE;
    }
  else
    {
      *result = number.kind == SIGNED ? (double) number.i : (double) number.u;
      if (fabs (*result) <= limit)
        return TRUE;
    }
  {
    g_autofree char *text = number_text (&number);

    *problem = g_strdup_printf (_("%s is wanted, and %s does not fit into it"), type->name, text);
  }
  return FALSE;
}

gboolean
thr_convert_boolean (const ThrType *type,
                     const GValue *value,
                     GIArgument *result,
                     char **problem)
{
  guint64 whole;

  if (G_VALUE_HOLDS_BOOLEAN (value))
    {
      result->v_boolean = g_value_get_boolean (value) ? TRUE : FALSE;
      return TRUE;
    }
  if (!thr_convert_whole (type, value, 0, 1, &whole, problem))
    return FALSE;
  result->v_boolean = whole == 1;

  return TRUE;
}
