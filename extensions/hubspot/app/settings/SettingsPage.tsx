/** The app's settings page: where the connection is looked after, and how the cards get onto the records. */
import { Flex, Heading, Link, List, Text, hubspot, type SettingsContext } from '@hubspot/ui-extensions';
import { pickLocale } from '@counterpart/app/core/locale.ts';
import { createTranslate } from '@counterpart/app/core/translate.ts';

/** Used when the profile names no other backend. */
const BACKEND_URL_DEFAULT = 'https://counterpart.example';

hubspot.extend<'settings'>(({ context }) => <SettingsPage context={context} />);

export function SettingsPage({ context }: { readonly context: SettingsContext }) {
  const t = createTranslate(pickLocale(context.user.locale ?? context.user.language));
  const configured = context.variables?.['BACKEND_URL'];
  const url = typeof configured === 'string' && configured !== '' ? configured : BACKEND_URL_DEFAULT;
  return (
    <Flex direction="column" gap="md">
      <Heading>{t('settings.title')}</Heading>
      <Text>{t('settings.intro')}</Text>
      <Heading>{t('settings.connection')}</Heading>
      <Text>{t('settings.connectionBody')}</Text>
      <Link href={{ url: `${url}/connections`, external: true }}>{t('settings.open')}</Link>
      <Heading>{t('settings.cards')}</Heading>
      <List variant="ordered-styled">
        <Text>{t('settings.cardsStep1')}</Text>
        <Text>{t('settings.cardsStep2')}</Text>
        <Text>{t('settings.cardsStep3')}</Text>
      </List>
    </Flex>
  );
}
