import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateBy, type ValidationArguments } from 'class-validator';
import { KeptAsSent } from '../../platform/http/kept-as-sent.decorator.js';
import {
  kindOf,
  MAX_SETTINGS_ITEMS,
  MAX_SETTINGS_KB,
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
    KeptAsSent(),
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
  const kilobytes = MAX_SETTINGS_KB[group];
  const description = `At most ${kilobytes} KB as JSON.`;
  if (kind === 'text') return { type: 'string', maxLength: kilobytes * 1024, description, example };
  if (kind === 'list') {
    return { type: 'array', items: {}, maxItems: MAX_SETTINGS_ITEMS, description, example };
  }
  return { type: 'object', additionalProperties: true, description, example };
}
