import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, ValidateBy, type ValidationArguments } from 'class-validator';
import {
  kindOf,
  SETTINGS_DEFAULTS,
  SETTINGS_GROUPS,
  type SettingsGroup,
  settingsProblem,
} from '../shop-settings.js';

/** Adds every group of settings to a body's class: checked for its kind and size, kept as sent. */
export function WithSettings(): ClassDecorator {
  return ({ prototype }) => {
    for (const group of SETTINGS_GROUPS) settingsProperty(group)(prototype, group);
  };
}

function settingsProperty(group: SettingsGroup): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional(settingsSchema(group)),
    IsOptional(),
    // As it was parsed: the library would make new objects of it, without some of its keys.
    Transform(({ obj }: { obj: Record<string, unknown> }) => obj[group]),
    ValidateBy({
      name: 'isSettings',
      validator: {
        validate: (value) => settingsProblem(group, value) === undefined,
        defaultMessage: (args?: ValidationArguments) => settingsProblem(group, args?.value) ?? '',
      },
    }),
  );
}

/** For the docs. */
export function settingsSchema(group: SettingsGroup): object {
  const example = SETTINGS_DEFAULTS[group];
  const kind = kindOf(group);
  if (kind === 'text') return { type: 'string', maxLength: 200_000, example };
  if (kind === 'list') {
    return { type: 'array', items: {}, maxItems: 10_000, example };
  }
  return { type: 'object', additionalProperties: true, example };
}
